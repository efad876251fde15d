/** Renders the requirements of a report as JUnit XML, which CI systems show as tests. */
import { html, Markup } from './html/markup.ts';
import { plainPalette } from './palette.ts';
import type { Report } from './schema.ts';
import { renderText } from './text.ts';

/** Found in every JUnit report of llmc. */
export const JUNIT_MARK = '<testsuites name="llmc"';

const WIDTH = 100;

/**
 * One suite with a test case for each requirement, as Jenkins' junit-10.xsd describes it (GitLab and others read the
 * same): testsuites > testsuite > properties, testcase > failure, system-out.
 */
export function renderJunit(report: Report): string {
  const { command, requirements, steps, tool, environment } = report;
  const failures = requirements.filter(({ passed }) => !passed).length;
  // The schema knows no exponents.
  const seconds = Math.min(1e9, steps.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000);
  const suite = `llmc ${command}`.trimEnd();
  const classname = ['llmc', command.split(' ', 1)[0]].filter(Boolean).join('.');
  const cases = requirements.map(({ expression, actual, passed }) => {
    const failure = html`<failure type="requirement" message="measured ${actual}">${expression} is not met: measured ${actual}</failure>`;
    return html`<testcase classname="${classname}" name="${expression}" time="0">${passed ? null : failure}</testcase>
`;
  });
  const text = renderText(report, { palette: plainPalette, width: WIDTH, verbose: false })
    .trimEnd()
    .split('\n');
  const counts = html`tests="${requirements.length}" failures="${failures}"`;
  return withoutNoncharacters(
    html`<?xml version="1.0" encoding="UTF-8"?>
${new Markup(JUNIT_MARK)} ${counts}>
<testsuite name="${suite}" ${counts} errors="0" skipped="0" time="${seconds}">
<properties>
<property name="llmc" value="${tool.version}"/>
<property name="cpu" value="${environment.cpu}"/>
<property name="onnxruntime" value="${environment.onnxruntime}"/>
</properties>
${cases}<system-out>${text.map((line) => html`${line}\n`)}</system-out>
</testsuite>
</testsuites>
`.text,
  );
}

/** XML 1.0 has no such characters, not even escaped. */
function withoutNoncharacters(text: string): string {
  return text.replace(/[\uFFFE\uFFFF]/g, '\uFFFD');
}
