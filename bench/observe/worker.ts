import { measureObservation } from './measure.ts';

export default {
  fetch: () => Response.json(measureObservation(() => performance.now(), 200_000)),
};
