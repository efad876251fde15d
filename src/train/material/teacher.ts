/** Teachers: models whose answers a student learns. */
import type { HostTensor } from '../../data/host-tensor.ts';
import type { ValueInfo } from '../../data/value-info.ts';
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import { openModel } from '../../onnx/read.ts';
import { ExposedSession } from '../../probe/layers/exposed-session.ts';
import type { Feeds } from '../../runtime/feeds.ts';
import { inferTypes } from '../../runtime/shapes.ts';
import type { Context } from '../../step.ts';
import { scoresOf } from '../graph/scores.ts';

export interface Answers {
  /** Scores before softmax; null where nobody asked for them. */
  readonly scores: HostTensor | null;
  /** Values inside the teacher, by name. */
  readonly values: Readonly<Record<string, HostTensor>>;
}

export interface TeacherRequest {
  /** The output that is learned; null for the first float output. */
  readonly output: string | null;
  readonly wantsScores: boolean;
  /** Names of values inside. */
  readonly values: readonly string[];
}

export class Teacher {
  readonly inputs: readonly ValueInfo[];
  readonly #session: ExposedSession;
  readonly #scores: Value | null;
  readonly #values: ReadonlyMap<string, Value>;

  private constructor(
    inputs: readonly ValueInfo[],
    session: ExposedSession,
    scores: Value | null,
    values: ReadonlyMap<string, Value>,
  ) {
    this.inputs = inputs;
    this.#session = session;
    this.#scores = scores;
    this.#values = values;
  }

  /** @throws LlmcError USAGE for values there are not, and what opening a model throws */
  static async open(path: string, request: TeacherRequest, context: Context): Promise<Teacher> {
    const { model } = openModel(path);
    await inferTypes(model);
    const scores = request.wantsScores ? scoresOf(learnedOutput(model, request.output, path)) : null;
    const values = new Map(request.values.map((name) => [name, valueNamed(model, name, path)]));
    const wanted = new Set([...values.values(), ...(scores ? [scores] : [])]);
    const session = await ExposedSession.open(model, path, wanted, context);
    return new Teacher(session.inputs, session, scores, values);
  }

  /** Whether its output is among its answers. */
  get wantsScores(): boolean {
    return this.#scores !== null;
  }

  async answer(feeds: Feeds): Promise<Answers> {
    const needed = Object.fromEntries(
      this.inputs.flatMap(({ name }) => (feeds[name] ? [[name, feeds[name]]] : [])),
    );
    const found = await this.#session.run(needed);
    const take = (value: Value): HostTensor => {
      const tensor = found.get(value);
      if (tensor?.dtype === 'float32') return tensor;
      throw new LlmcError('UNSUPPORTED', `the teacher's '${value.name}' is no float32 tensor`, {
        hint: 'students learn from float32 values; convert a half-precision teacher to float32 first',
      });
    };
    return {
      scores: this.#scores && take(this.#scores),
      values: Object.fromEntries([...this.#values].map(([name, value]) => [name, take(value)])),
    };
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

function learnedOutput(model: Model, name: string | null, path: string): Value {
  const { outputs } = model.graph;
  const found =
    name === null
      ? outputs.find(({ dtype }) => dtype === 'float32')
      : outputs.find((output) => output.name === name);
  if (found) return found;
  throw new LlmcError(
    'USAGE',
    name === null ? `${path} has no float32 output` : `${path} has no output '${name}'`,
    {
      hint: `its outputs: ${outputs.map((output) => output.name).join(', ')}`,
    },
  );
}

function valueNamed(model: Model, name: string, path: string): Value {
  for (const node of model.graph) for (const value of node.outputs) if (value?.name === name) return value;
  throw new LlmcError('USAGE', `${path} has no value '${name}'`, {
    hint: 'see names with `llmc inspect --verbose`',
  });
}
