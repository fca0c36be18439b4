/** What predictions are held to. Alerts and dashboards take these from here. */

/** The share of requests for a prediction that have to be answered: neither failed, nor late, nor turned away. */
export const AVAILABILITY = 0.999;

/** Seconds that the 95th percentile of runs may take. */
export const LATENCY_BUDGET_SECONDS = 0.25;

/** Seconds that `Alert_Prediction_Time` allows all predictions of a model together, since its process began. */
export const TOTAL_PREDICTION_SECONDS = 3;

/** Outcomes of requests that count against the availability: a request that was wrong is its sender's affair. */
export const ERRORS = 'failed|timeout|rejected';

/**
 * The population stability index above which a feature, or what is predicted, counts as drifted; above the lower one it
 * is worth a look. Rules of thumb of credit scoring, commonly traced to E. M. Lewis, An Introduction to Credit Scoring (1994).
 */
export const DRIFT_PSI = 0.25;
export const DRIFT_PSI_MODERATE = 0.1;

/**
 * Rows in the window below which nothing is said of drift. Without any drift the index of B bins is about
 * (1/rows + 1/training rows) times chi-square with B - 1 degrees of freedom (Yurdakul and Naranjo, Statistical properties
 * of the population stability index, Journal of Risk Model Validation 14(4), 2020). For 500 rows, 11 bins and no more
 * than the 426 rows that breast-cancer was trained on that is 0.04 in the mean and above 0.13 once in a thousand.
 */
export const DRIFT_ROWS = 500;

/**
 * The least share of a bin, observed or of training: one that is empty would make the index infinite. It is below what
 * a single row of DRIFT_ROWS is, so that only a bin without any counts as one; 0.0001 is also what others put there, such
 * as Evidently (`get_binned_data` in its calculations/stattests/utils.py).
 */
export const DRIFT_FLOOR = 0.0001;
