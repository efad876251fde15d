import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { changeText, type Pass, runPasses } from '../../src/passes/pass.ts';
import { removeDead } from '../../src/passes/remove-dead.ts';
import { sort } from '../../src/passes/sort.ts';
import { passes } from '../../src/passes/table.ts';
import { silentContext } from '../../src/step.ts';
import { apply, applyUnrun } from '../support/apply.ts';
import { outputsOf } from '../support/equivalence.ts';
import { parseModel } from '../support/parse.ts';

const FOLDER = fileURLToPath(new URL('../../src/passes/', import.meta.url));

describe('runPasses', () => {
  it('records what each pass did to nodes and bytes', async () => {
    const model = parseModel('g (float x) => (y) <float[4] w = {1}> { n = Neg (w) y = Abs (x) }');
    const traces = await runPasses(model, [removeDead, removeDead], silentContext());
    expect(traces).toEqual([
      {
        name: 'remove-dead',
        changes: [
          { what: 'removed unused node', targets: ['n (Neg)'] },
          { what: 'removed unused initializer', targets: ['w'] },
        ],
        kept: [],
        nodesBefore: 2,
        nodesAfter: 1,
        bytesBefore: 16,
        bytesAfter: 0,
        ms: expect.any(Number),
      },
      expect.objectContaining({ changes: [], nodesBefore: 1, nodesAfter: 1 }),
    ]);
  });

  it('stops between passes when it is told to', async () => {
    const controller = new AbortController();
    const stop: Pass = { name: 'stop', summary: '', run: () => controller.abort() };
    const model = parseModel('g (float x) => (y) { n = Neg (x) y = Abs (x) }');
    await expect(
      runPasses(model, [stop, removeDead], silentContext({ signal: controller.signal })),
    ).rejects.toThrow();
    expect(model.graph.nodeCount).toBe(2);
  });

  it('leaves models with training graphs alone, but for what touches no name', async () => {
    const model = parseModel('g (float x) => (y) { y = Abs (n) n = Neg (x) z = Neg (n) }');
    model.rest = { ...model.rest, training_info: [{}] };
    const [dead, sorted] = await runPasses(model, [removeDead, sort], silentContext());
    expect(dead?.kept[0]?.reason).toMatch(/training graphs/);
    expect(dead?.changes).toEqual([]);
    expect(sorted?.changes).toHaveLength(1);
  });

  it('says a change in one line', () => {
    expect(changeText({ what: 'removed Cast', targets: ['a', 'b', 'c', 'd'] })).toBe(
      'removed Cast: 4 (a, b, c, ...)',
    );
  });
});

describe('the table of passes', () => {
  it('has every pass there is', () => {
    const declared = readdirSync(FOLDER)
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [...readFileSync(FOLDER + name, 'utf8').matchAll(/: Pass = \{\s+name: '([^']+)'/g)])
      .map((match) => match[1]);
    expect(passes.map(({ name }) => name).sort()).toEqual(declared.sort());
  });

  it('is in order and says of each what it does', () => {
    expect(passes.map(({ name }) => name)).toEqual(passes.map(({ name }) => name).sort());
    for (const { summary } of passes) expect(summary).toMatch(/^[a-z].{10,}[^.]$/);
  });
});

describe('sort', () => {
  it('puts nodes behind what they need, captured values included', async () => {
    const { text, model } = await applyUnrun(
      `g (bool c, float[2] x) => (y) {
        y = If <
          then_branch = t () => (p) { p = Neg (q) q = Abs (late) },
          else_branch = e () => (r) { r = Abs (x) }
        > (c)
        late = Relu (x)
      }`,
      sort,
    );
    expect(text).toMatchInlineSnapshot(`
      "g (bool c, float[2] x) => (y)
      {
        late = Relu (x)
        y = If <then_branch = t () => (p)
        {
          q = Abs (late)
          p = Neg (q)
        }, else_branch = e () => (r)
        {
          r = Abs (x)
        }> (c)
      }
      "
    `);
    await expect(outputsOf(model)).resolves.toBeDefined();
  });

  it('leaves a sorted graph in its order', async () => {
    const { changes } = await apply('g (float x) => (y, z) { z = Neg (x) y = Abs (x) }', sort);
    expect(changes).toEqual([]);
  });
});
