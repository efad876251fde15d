/** Operator-set domains: one spelling for ai.onnx. */

/** ai.onnx is written as '' or by name; inside llmc it is ''. */
export function canonicalDomain(domain: string | undefined): string {
  return domain === undefined || domain === 'ai.onnx' ? '' : domain;
}
