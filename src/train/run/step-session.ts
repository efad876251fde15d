/** Runs steps: one compiled graph for each shape of feeds, all of which carry the same weights. */
import type { HostTensor } from '../../data/host-tensor.ts';
import type { Model } from '../../ir/model.ts';
import { encodeModel } from '../../onnx/write.ts';
import { openSession, type Session } from '../../runtime/session.ts';
import type { Context } from '../../step.ts';
import { buildStep } from '../graph/step-graph.ts';
import type { StepFeeds, StepGraph, StepOptions } from '../graph/step-types.ts';
import { CarriedState } from './carried.ts';

interface Compiled {
  readonly graph: StepGraph;
  readonly session: Session;
}

export interface StepResult {
  readonly loss: number;
  /** Losses by name, before their weights. */
  readonly terms: Readonly<Record<string, number>>;
}

/** Graphs kept; text that is padded to its longest row comes in few shapes when it is bucketed. */
const MOST_COMPILED = 16;

export class StepSession {
  readonly state = new CarriedState();
  readonly #student: Model;
  readonly #options: StepOptions;
  readonly #context: Context;
  readonly #compiled = new Map<string, Compiled>();

  constructor(student: Model, options: StepOptions, context: Context) {
    this.#student = student;
    this.#options = options;
    this.#context = context;
  }

  /** The graph for feeds of these shapes. @throws as `buildStep` */
  async graphFor(feeds: StepFeeds): Promise<StepGraph> {
    return (await this.#compile(feeds)).graph;
  }

  /** One step; `scalars` by the names the graph has them under. */
  async run(feeds: StepFeeds, scalars: (name: string) => number): Promise<StepResult> {
    const { graph, session } = await this.#compile(feeds);
    const given: Record<string, HostTensor> = { ...feeds.inputs };
    const { labels, scores, hints } = graph.feeds;
    if (labels && feeds.labels) given[labels] = feeds.labels;
    if (scores && feeds.scores) given[scores] = feeds.scores;
    for (const [name, input] of hints) if (feeds.hints[name]) given[input] = feeds.hints[name];
    for (const [name, input] of graph.feeds.scalars)
      given[input] = { dtype: 'float32', dims: [], data: Float32Array.of(scalars(name)) };
    const into: Record<string, HostTensor | null> = { [graph.loss]: null };
    for (const value of graph.terms.values()) into[value] = null;
    for (const { key, input, output } of graph.carried) {
      given[input] = this.state.get(key);
      into[output] = this.state.spare(key);
    }
    const known = new Set(session.inputs.map(({ name }) => name));
    const found = await session.runInto(
      Object.fromEntries(Object.entries(given).filter(([name]) => known.has(name))),
      into,
    );
    this.state.advance(graph.carried.map(({ key }) => key));
    const number = (name: string): number => Number(found[name]?.data[0]);
    return {
      loss: number(graph.loss),
      terms: Object.fromEntries([...graph.terms].map(([name, value]) => [name, number(value)])),
    };
  }

  async release(): Promise<void> {
    for (const { session } of this.#compiled.values()) await session.release();
    this.#compiled.clear();
  }

  async #compile(feeds: StepFeeds): Promise<Compiled> {
    const key = shapesOf(feeds);
    const known = this.#compiled.get(key);
    if (known) return known;
    const graph = await buildStep(this.#student, this.#options, feeds, this.#context);
    const session = await openSession(
      { model: encodeModel(graph.model) },
      { threads: this.#context.threads, flushDenormals: true, literalPairs: true },
    );
    const [oldest] = this.#compiled.keys();
    if (oldest !== undefined && this.#compiled.size >= MOST_COMPILED) {
      await this.#compiled.get(oldest)?.session.release();
      this.#compiled.delete(oldest);
    }
    const made = { graph, session };
    this.#compiled.set(key, made);
    this.#begin(graph);
    return made;
  }

  /** Weights begin as the student has them, everything remembered of them at zero. */
  #begin({ carried, projections }: StepGraph): void {
    const weights = new Map([...this.#student.graph.initializers].map((value) => [value.name, value.tensor]));
    const extra = new Map(projections.map((projection) => [projection.key, projection.data]));
    for (const { key, dims } of carried) {
      if (this.state.has(key)) continue;
      const name = key.endsWith('/ema') ? key.slice(0, -'/ema'.length) : key;
      const start = extra.get(name) ?? weights.get(name)?.array();
      const size = dims.reduce((product, dim) => product * dim, 1);
      this.state.set(key, dims, start ? Float32Array.from(start as Float32Array) : new Float32Array(size));
    }
  }
}

function shapesOf({ inputs, labels, scores, hints }: StepFeeds): string {
  const all = [...Object.entries(inputs), ...Object.entries(hints), ['', labels], ['', scores]] as const;
  return all.map(([name, tensor]) => `${name}[${tensor ? tensor.dims.join() : ''}]`).join(';');
}
