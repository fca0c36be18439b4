/** What predictions are held to. Alerts and dashboards take these from here. */

/** The share of requests for a prediction that have to be answered: neither failed, nor late, nor turned away. */
export const AVAILABILITY = 0.999;

/** Seconds that the 95th percentile of runs may take. */
export const LATENCY_BUDGET_SECONDS = 0.25;

/** Seconds that `Alert_Prediction_Time` allows all predictions of a model together, since its process began. */
export const TOTAL_PREDICTION_SECONDS = 3;

/** Outcomes of requests that count against the availability: a request that was wrong is its sender's affair. */
export const ERRORS = 'failed|timeout|rejected';
