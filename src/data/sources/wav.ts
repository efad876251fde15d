/** `wav:speech/?rate=16000&frame=512`: recordings, whole or cut into frames. */
import { LlmcError } from '../../errors.ts';
import { type Clip, clipOf } from '../audio/clip.ts';
import { clipKeeper } from '../audio/kept-clip.ts';
import type { Resampler } from '../audio/resampler.ts';
import type { Column } from '../dataset.ts';
import { cacheKeys } from '../files/cache-options.ts';
import { concurrently } from '../files/concurrently.ts';
import { folderHolds } from '../files/folder-holds.ts';
import { LABEL_KEYS, type LabelledFiles, labelledFiles } from '../files/labelled-files.ts';
import { openWav, type Wav } from '../formats/wav.ts';
import type { HostTensor } from '../host-tensor.ts';
import { type DataSpec, positiveOption } from '../spec.ts';
import { stackRows } from '../stack-rows.ts';
import { ONLY_INPUT, type Source } from './source.ts';

const EXTENSIONS = ['.wav', '.wave'];

/** Files read at once. */
const AT_ONCE = 8;

interface Stretch {
  readonly file: number;
  readonly clip: Clip;
  readonly start: number;
  readonly end: number;
}

export const wav: Source = {
  kind: 'wav',
  extensions: EXTENSIONS,
  keys: {
    rate: 'samples per second; recordings at other rates are resampled',
    frame: 'cut recordings into rows of so many samples, the last one filled with zeros',
    hop: 'samples from one frame to the next, default frame',
    length: 'whole recordings, cut or filled with zeros to so many samples',
    input: 'graph input they feed, default the only one',
    rateInput: 'graph input that gets the rate',
    ...LABEL_KEYS,
    ...cacheKeys('recordings at this rate'),
  },
  files: ['labels'],
  caches: ['cache'],
  needsPath: true,
  holds: (path) => folderHolds(path, EXTENSIONS),
  costly: true,
  async open(spec) {
    const files = await labelledFiles(spec, EXTENSIONS, 'recordings');
    const wavs = await concurrently(files.paths, AT_ONCE, openWav);
    const rate = positiveOption(spec, 'rate') ?? commonRate(wavs);
    const between = new Map<number, Resampler>();
    const keep = await clipKeeper(spec, rate);
    const stretches = wavs.flatMap((each, file) => {
      const clip = clipOf(each, rate, between);
      return stretchesOf(each.rate === rate ? clip : keep(each.path, clip), file, spec);
    });
    const silent = wavs.find(({ length }) => length === 0);
    if (silent) throw new LlmcError('DATA', `${silent.path} holds no sound`, { hint: 'leave it out' });
    const lengths = new Set(stretches.map(({ start, end }) => end - start));
    const [only = 0] = lengths;
    const column = spec.options.get('input') ?? ONLY_INPUT;
    const read = async ({ clip, start, end }: Stretch): Promise<HostTensor> => {
      const data = await clip.read(start, end);
      return { dtype: 'float32', dims: [data.length], data };
    };
    const of = (index: number): Stretch => stretches[index] as Stretch;
    const shared = rateColumn(spec, rate);
    return {
      name: files.name,
      length: stretches.length,
      columns: [
        {
          name: column,
          dtype: 'float32',
          dims: [stretches.length, lengths.size === 1 ? only : null],
          shared: false,
        },
        ...Object.keys(shared).map((name): Column => ({ name, dtype: 'int64', dims: [], shared: true })),
      ],
      hasLabels: files.labels([0]) !== null,
      labelDims: [],
      place: (index) => place(files, of(index), rate),
      ...(lengths.size > 1 && {
        lengthsOf: async (indices: readonly number[]) =>
          indices.map((index) => of(index).end - of(index).start),
      }),
      async rows(indices) {
        const rows = await concurrently(indices.map(of), AT_ONCE, read);
        const labels = files.labels(indices.map((index) => of(index).file));
        const inputs = { [column]: stackRows(rows), ...shared };
        return { inputs, size: indices.length, ...(labels && { labels }) };
      },
    };
  },
};

function commonRate(wavs: readonly Wav[]): number {
  const [first] = wavs;
  const other = wavs.find(({ rate }) => rate !== first?.rate);
  if (first && other)
    throw new LlmcError(
      'DATA',
      `${first.path} has ${first.rate} samples per second, ${other.path} ${other.rate}`,
      { hint: `bring all to one rate, e.g. rate=${Math.min(first.rate, other.rate)}` },
    );
  return first?.rate ?? 0;
}

function stretchesOf(clip: Clip, file: number, spec: DataSpec): Stretch[] {
  const frame = positiveOption(spec, 'frame');
  if (frame === undefined) {
    if (spec.options.has('hop'))
      throw new LlmcError('DATA', `option hop in "${spec.text}" needs frame`, {
        hint: 'for example frame=512',
      });
    return [{ file, clip, start: 0, end: positiveOption(spec, 'length') ?? clip.length }];
  }
  if (spec.options.has('length'))
    throw new LlmcError('DATA', `options frame and length in "${spec.text}" exclude each other`, {
      hint: 'leave one of them out',
    });
  const hop = positiveOption(spec, 'hop') ?? frame;
  const count = Math.max(0, Math.ceil((clip.length - frame) / hop)) + 1;
  return Array.from({ length: count }, (_, at) => ({ file, clip, start: at * hop, end: at * hop + frame }));
}

function rateColumn(spec: DataSpec, rate: number): Readonly<Record<string, HostTensor>> {
  const name = spec.options.get('rateInput');
  return name === undefined
    ? {}
    : { [name]: { dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(rate)) } };
}

function place(files: LabelledFiles, { file, start }: Stretch, rate: number): string {
  return start === 0 ? files.place(file) : `${files.place(file)} from ${(start / rate).toFixed(2)} s`;
}
