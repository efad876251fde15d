// A data set of one's own, for `--data ./darker-rows.mjs`: each row gives its inputs by name.
// Here: pictures of another file, darker than they were.
import { openDataset, parseDataSpec } from 'llmc-onnx';

export default async function* rows() {
  const dataset = await openDataset(parseDataSpec('fixtures/data/fashion-eval.npz?limit=32'));
  for await (const { inputs, labels } of dataset.batches({ size: 1 })) {
    const [[name, image]] = Object.entries(inputs);
    const data = Float32Array.from(image.data, (pixel) => pixel * 0.8);
    const dims = image.dims.slice(1); // of the row alone
    yield { inputs: { [name]: { data, dims } }, labels: Number(labels.data[0]) };
  }
}
