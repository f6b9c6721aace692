/** Start the worker that lays out graphs from a file of the extension. */
export function createGraphWorker(): Worker {
  return new Worker(new URL('./graph.worker.js', import.meta.url), {
    type: 'module'
  });
}
