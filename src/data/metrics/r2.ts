/** Coefficient of determination: the share of the labels' variance that is explained. */
import { regression } from './squared.ts';

export const r2 = regression(
  {
    name: 'r2',
    summary: "share of the labels' variance that is explained",
    automatic: true,
  },
  ({ squares, spread }) => (spread === 0 ? null : 1 - squares / spread),
);
