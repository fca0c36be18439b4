import { GOLDEN_MODELS, readCard, readGolden } from '../../helpers/golden.ts';
import type { Random } from '../random.ts';

/** Held-out rows of the shipped models, and what scikit-learn makes of them. */

export type GoldenModel = (typeof GOLDEN_MODELS)[number];

/** A prediction as Kilat's own protocol writes it. */
export type GoldenPrediction =
  | { readonly label: string; readonly probabilities: Readonly<Record<string, number>> }
  | { readonly value: number };

/** As close as test/contract/golden.test.ts holds every runtime to it. */
const TOLERANCE = 1e-5;

function readAll(model: GoldenModel) {
  return { ...readGolden(model), labels: readCard(model).labels ?? [] };
}

const goldens: Readonly<Record<GoldenModel, ReturnType<typeof readAll>>> = {
  'breast-cancer': readAll('breast-cancer'),
  digits: readAll('digits'),
  diabetes: readAll('diabetes'),
};

const isNear = (a: number | undefined, b: number | undefined) =>
  Math.abs((a ?? Number.NaN) - (b ?? Number.NaN)) < TOLERANCE;

/** Some rows of a model, one after the other, and whether answers about them are right. */
export class GoldenRows {
  readonly model: GoldenModel;
  readonly values: readonly (readonly number[])[];
  private readonly places: readonly number[];

  constructor(model: GoldenModel, random: Random, count: number) {
    const { rows } = goldens[model];
    const first = random.integer(0, rows.length - 1);
    this.model = model;
    this.places = Array.from({ length: count }, (_, i) => (first + i) % rows.length);
    this.values = this.places.map((place) => rows[place] ?? []);
  }

  /** Whether they are Kilat's own predictions for these rows. */
  arePredicted(predictions: readonly GoldenPrediction[]): boolean {
    const { label, probabilities, value, labels } = goldens[this.model];
    return this.areAll(predictions, (given, place) => {
      if ('value' in given) return isNear(given.value, value?.[place]);
      const expected = probabilities?.[place];
      return (
        given.label === label?.[place] &&
        labels.every((name, column) => isNear(given.probabilities[name], expected?.[column]))
      );
    });
  }

  /** Whether they are the graph's own labels for these rows: the places of their names in the card. */
  areLabelled(given: readonly unknown[]): boolean {
    const { label, labels } = goldens[this.model];
    return this.areAll(given, (own, place) => labels[Number(own)] === label?.[place]);
  }

  /** Whether they are the probabilities of all classes for these rows, one row after the other. */
  haveProbabilities(flat: readonly unknown[]): boolean {
    const { probabilities } = goldens[this.model];
    const expected = this.places.flatMap((place) => probabilities?.[place] ?? []);
    return (
      flat.length === expected.length &&
      expected.every((value, i) => isNear(value, Number(flat[i])))
    );
  }

  private areAll<T>(given: readonly T[], isRight: (own: T, place: number) => boolean): boolean {
    return (
      given.length === this.places.length &&
      given.every((own, i) => isRight(own, this.places[i] ?? Number.NaN))
    );
  }
}

export function pickGolden(random: Random): GoldenModel {
  return random.pick(GOLDEN_MODELS);
}

/** One of those that classify, whose graphs take FP32. */
export function pickClassifier(random: Random): GoldenModel {
  return random.pick(['breast-cancer', 'digits'] as const);
}
