import { Poll } from '@lumino/polling';
import * as React from 'react';

const INTERVAL_MS = 1000;

/** The current time, which redraws each second; null stands still. */
export function useNow(isTicking: boolean): number {
  const [now, setNow] = React.useState(() => Date.now());
  React.useEffect(() => {
    if (!isTicking) {
      return undefined;
    }
    const poll = new Poll({
      factory: () => {
        setNow(Date.now());
        return Promise.resolve();
      },
      frequency: { interval: INTERVAL_MS, backoff: false, max: INTERVAL_MS },
      name: 'paddle-workbench:run-clock',
      standby: 'when-hidden'
    });
    return () => {
      poll.dispose();
    };
  }, [isTicking]);
  return now;
}
