/** The thread that reads data ahead: opens a dataset and sends its batches before they are asked for. */
import { parentPort } from 'node:worker_threads';
import type { Batch, Dataset } from '../dataset.ts';
import type { HostTensor } from '../host-tensor.ts';
import { openHere, parseDataSpec } from '../open.ts';
import { AHEAD, type BatchRequest, type FromThread, failureOf, PULSE, type ToThread } from './messages.ts';

interface Stream {
  /** Batches that may still be made. */
  room: number;
  stopped: boolean;
  /** Goes on when there is room again. */
  wake: () => void;
}

const streams = new Map<number, Stream>();
let dataset: Dataset | null = null;

const send = (message: FromThread, transfer: readonly ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, [...transfer]);

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'open') void open(message.id, message.spec);
  else if (message.kind === 'batches') void stream(message.id, message.request);
  else {
    const found = streams.get(message.id);
    if (!found) return;
    if (message.kind === 'stop') found.stopped = true;
    else found.room++;
    found.wake();
  }
});
// Fires only while nothing blocks this thread: who does not hear it knows that something does.
setInterval(() => send({ kind: 'pulse' }), PULSE).unref();

async function open(id: number, spec: string): Promise<void> {
  try {
    dataset = await openHere(parseDataSpec(spec));
    if (!dataset) throw new Error('generated inputs are no data');
    const { name, length, columns, hasLabels } = dataset;
    send({ kind: 'opened', id, info: { name, length, columns, hasLabels } });
  } catch (error) {
    send({ kind: 'failed', id, failure: failureOf(error) });
  }
}

async function stream(id: number, { size, limit, columns, epoch }: BatchRequest): Promise<void> {
  const state: Stream = { room: AHEAD, stopped: false, wake: () => {} };
  streams.set(id, state);
  const options = {
    size,
    ...(limit !== undefined && { limit }),
    ...(columns !== undefined && { columns: new Set(columns) }),
    ...(epoch !== undefined && { epoch }),
  };
  try {
    if (!dataset) throw new Error('no dataset is open');
    for await (const batch of dataset.batches(options)) {
      if (state.stopped) return;
      const { owned, buffers } = ownMemory(batch);
      send({ kind: 'batch', id, batch: owned }, buffers);
      state.room--;
      while (state.room <= 0 && !state.stopped)
        await new Promise<void>((resolve) => {
          state.wake = resolve;
        });
      if (state.stopped) return;
    }
    send({ kind: 'end', id });
  } catch (error) {
    send({ kind: 'failed', id, failure: failureOf(error) });
  } finally {
    streams.delete(id);
  }
}

/** The batch with each tensor in a buffer of its own, so that buffers can be handed over instead of copied. */
function ownMemory(batch: Batch): { owned: Batch; buffers: ArrayBuffer[] } {
  const buffers = new Set<ArrayBuffer>();
  const own = (tensor: HostTensor): HostTensor => {
    if (Array.isArray(tensor.data)) return tensor;
    const { buffer, byteLength } = tensor.data;
    const alone = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && !buffers.has(buffer);
    const data = alone ? tensor.data : tensor.data.slice();
    buffers.add(data.buffer as ArrayBuffer);
    return { ...tensor, data };
  };
  const inputs = Object.fromEntries(
    Object.entries(batch.inputs).map(([name, tensor]) => [name, own(tensor)]),
  );
  const owned = { ...batch, inputs, ...(batch.labels && { labels: own(batch.labels) }) };
  return { owned, buffers: [...buffers] };
}
