// A metric of one's own, for `--metric ./second-guess.mjs`: how often the label is among the first two answers.
export default {
  name: 'secondGuess',
  better: 'higher', // where less is better, the name ends in Error or Loss
  create() {
    let [hits, rows] = [0, 0];
    return {
      add({ outputs, labels }) {
        const [{ data, dims }] = Object.values(outputs);
        const classes = dims[1];
        for (let row = 0; row < dims[0]; row++) {
          const scores = Array.from(data.slice(row * classes, (row + 1) * classes));
          const own = scores[Number(labels.data[row])];
          if (scores.filter((score) => score > own).length < 2) hits++;
          rows++;
        }
      },
      result: () => hits / rows,
    };
  },
};
