import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { listAddresses } from '../../src/terminal/addresses.ts';
import { describeSwitches } from '../../src/terminal/switches.ts';
import { wrapItems } from '../../src/terminal/text.ts';

const describeOf = (settings: Record<string, string>, threads = 3) =>
  describeSwitches(parseConfig(settings), threads);

describe('what is on and off', () => {
  it('names the setting that would turn a thing on', () => {
    expect(describeOf({})).toEqual({
      on: ['engine wasm, 3 threads for each slow model', 'drift of up to 32 features'],
      off: [
        'token for predictions (API_TOKEN)',
        'token for metrics (METRICS_TOKEN)',
        'loading by request (ADMIN_TOKEN)',
        'remote write (REMOTE_WRITE_URL)',
        'looking for changed models (MODEL_POLL_SECONDS)',
        'gRPC (GRPC_PORT)',
      ],
    });
  });

  it('says of the engine how it runs', () => {
    const { on } = describeOf({ ENGINE: 'native', INTRA_OP_THREADS: '4' }, 1);
    expect(on[0]).toBe('engine native, 1 thread for each slow model (4 on each run)');
    expect(describeOf({}, 0).on[0]).toBe('engine wasm, all in one thread');
  });

  it('says of drift how much is counted', () => {
    expect(describeOf({ DRIFT_SAMPLE: '0.05' }).on[1]).toBe(
      'drift of up to 32 features in 5 % of rows',
    );
    expect(describeOf({ DRIFT_MAX_FEATURES: '0' }).off).toContain('drift (DRIFT_MAX_FEATURES)');
  });

  it('is broken into lines between things alone', () => {
    expect(wrapItems(['one thing', 'another', 'a third thing'], 18)).toEqual([
      'one thing,',
      'another,',
      'a third thing',
    ]);
    expect(wrapItems(['one', 'two', 'three'], 18)).toEqual(['one, two, three']);
  });
});

describe('what is served where', () => {
  it('is an address that this machine can open, where the server listens on all', () => {
    for (const url of ['http://0.0.0.0:8000', 'http://[::]:8000']) {
      expect(listAddresses({ url, grpcAddress: '0.0.0.0:8001' }, false)).toEqual([
        ['HTTP', 'http://localhost:8000 and every other address of this machine'],
        ['metrics', 'http://localhost:8000/metrics'],
        ['gRPC', '0.0.0.0:8001'],
      ]);
    }
  });

  it('is the address that was asked for', () => {
    expect(listAddresses({ url: 'http://[::1]:80', grpcAddress: undefined }, true)).toEqual([
      ['HTTP', 'http://[::1]:80'],
      ['page', 'http://[::1]:80/ with the models, for a browser'],
      ['docs', 'http://[::1]:80/docs of the API'],
      ['metrics', 'http://[::1]:80/metrics'],
    ]);
  });
});
