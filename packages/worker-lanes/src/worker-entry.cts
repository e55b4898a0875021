// piscina requires the file of a worker first. In Node 20 requiring an ES module aborts the whole process when the thread
// is ended in the midst of it, so what it requires is this, which imports.
const { workerData } = require('node:worker_threads') as typeof import('node:worker_threads')

interface WorkerModule {
  run(task: unknown): unknown
}

const { entry } = workerData as { readonly entry: string }
let loaded: WorkerModule | undefined
const loading = (import(entry) as Promise<WorkerModule>).then((found) => (loaded = found))

module.exports = {
  run: (task: unknown): unknown =>
    loaded === undefined ? loading.then((found) => found.run(task)) : loaded.run(task),
}
