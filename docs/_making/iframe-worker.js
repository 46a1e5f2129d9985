// Search runs in a worker, and on file:// browsers refuse workers. There a hidden frame stands in:
// the worker's script runs in it, and messages pass as events. The theme looks for `IFrameWorker`.
if (location.protocol === "file:") {
  window.Worker = window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.append(frame)
      this.inside = frame.contentWindow
      const load = source => new Promise((loaded, failed) => {
        const script = frame.contentDocument.createElement("script")
        Object.assign(script, { src: source, onload: loaded, onerror: failed })
        frame.contentDocument.body.append(script)
      })
      this.inside.postMessage = data =>
        this.dispatchEvent(new MessageEvent("message", { data }))
      this.inside.importScripts = (...sources) =>
        sources.reduce((before, source) => before.then(() => load(source)), Promise.resolve())
      this.ready = load(url)
    }

    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })))
    }
  }
}
