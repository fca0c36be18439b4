import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import * as z from 'zod';

const request = z.object({ instances: z.array(z.unknown()) });

/** What a request for a prediction is answered with. */
export interface StandInAnswer {
  readonly status?: number;
  readonly body: unknown;
}

export interface StandInOptions {
  /**
   * What the prediction of this number, from 1, is answered with, and when; without it one for each row, at once.
   *
   * @param instances the rows that were sent
   */
  readonly answer?: (
    number: number,
    instances: readonly unknown[],
  ) => StandInAnswer | Promise<StandInAnswer>;
}

/** A server that answers as Kilat does, for one model, and does what a test needs a server to do. */
export interface StandIn {
  readonly url: string;
  /** Requests for predictions so far. */
  readonly asked: () => number;
  /** Breaks off every connection, and takes no other. */
  stop(): Promise<void>;
}

const MODEL = {
  name: 'stand-in',
  version: '1',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
  card: { examples: [[1], [2]] },
};

/** A prediction for each row. */
export function predict(instances: readonly unknown[]): StandInAnswer {
  return { body: { predictions: instances, time_ms: 0.125 } };
}

export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const { answer = (_, instances) => predict(instances) } = options;
  let asked = 0;
  const server = createServer(async (incoming, outgoing) => {
    const { url = '' } = incoming;
    const body = await text(incoming);
    if (url === '/models') {
      send(outgoing, { body: { default: MODEL.name, models: [{ name: MODEL.name }] } });
    } else if (url === `/models/${MODEL.name}`) {
      send(outgoing, { body: MODEL });
    } else if (url === `/v2/models/${MODEL.name}`) {
      const { name, version, inputs } = MODEL;
      send(outgoing, { body: { name, versions: [version], platform: '', inputs, outputs: [] } });
    } else {
      send(outgoing, await answer(++asked, request.parse(JSON.parse(body)).instances));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  let stopped: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: () => asked,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

function send(outgoing: ServerResponse, { status = 200, body }: StandInAnswer): void {
  outgoing.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
