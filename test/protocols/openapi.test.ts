import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ERRORS } from '../../src/errors.ts';
import { createTestApp } from '../helpers/app.ts';

const answers = z.record(
  z.string(),
  z.object({
    description: z.string(),
    content: z.object({
      'application/json': z.object({
        examples: z.record(z.string(), z.object({ value: z.unknown() })),
      }),
    }),
  }),
);

describe('/openapi.json', () => {
  it('shows an example of each error of an operation', async () => {
    const { app } = await createTestApp();
    const document = await (await app.request('/openapi.json')).json();
    const { 200: _, ...failures } = document.paths['/predict'].post.responses;
    const byStatus = Object.entries(answers.parse(failures));
    expect(byStatus.map(([status]) => status)).toEqual(
      expect.arrayContaining(['400', '401', '503', '504']),
    );
    for (const [status, { description, content }] of byStatus) {
      const { examples } = content['application/json'];
      expect(Object.keys(examples).join(', ')).toBe(description);
      for (const [code, { value }] of Object.entries(examples)) {
        const { status: own, meaning } = ERRORS[code as keyof typeof ERRORS];
        expect([String(own), value]).toEqual([status, { error: meaning, code }]);
      }
    }
  });
});
