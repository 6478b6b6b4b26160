// The page's what-if numbers are the program's: every check of every document, to 0.1 %.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeOf, evaluate } from '../../src/whatif.ts';
import { documents } from '../documents.ts';

const CLOSE = 1e-3;

function close(actual: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(actual - expected) <= CLOSE * Math.abs(expected),
    `${what}: ${actual}, the program has ${expected}`,
  );
}

for (const { name, report } of documents()) {
  const { whatif } = report;
  if (!whatif) continue;
  test(`${name}: the what-if numbers are the program's`, () => {
    assert.ok((whatif.checks ?? []).length > 0, 'the document has checks');
    const terms = new Map(whatif.systems.map((system) => [system.id, system.terms]));
    for (const { inputs, expected } of whatif.checks ?? [])
      for (const [id, wanted] of Object.entries(expected)) {
        const engine = terms.get(id);
        assert.ok(engine, `terms of ${id}`);
        const result = evaluate(engine, changeOf(inputs));
        const where = `${id} at ${JSON.stringify(inputs)}`;
        if ('infeasible' in wanted) {
          assert.ok('reason' in result, `${where}: ${wanted.infeasible}`);
          continue;
        }
        assert.ok(!('reason' in result), `${where} has an answer`);
        close(result.throughput, wanted.output_per_chip, `throughput of ${where}`);
        close(result.tpot_s * 1e3, wanted.tpot_ms, `TPOT of ${where}`);
        close(result.ttft_s * 1e3, wanted.ttft_ms, `TTFT of ${where}`);
        close(result.batch, wanted.batch, `batch of ${where}`);
      }
  });
}
