// A page opened from the disk may start no worker, so the search of the site runs in a hidden frame there.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    #frame = document.createElement("iframe")
    #waiting = []

    constructor(address) {
      super()
      addEventListener("message", ({ data, source }) => {
        if (source !== this.#frame.contentWindow) return
        const event = new MessageEvent("message", { data })
        this.dispatchEvent(event)
        this.onmessage?.(event)
      })
      this.#frame.addEventListener("load", () => {
        for (const data of this.#waiting) this.#send(data)
        this.#waiting = null
      })
      this.#frame.hidden = true
      this.#frame.srcdoc = `<script>postMessage = data => parent.postMessage(data, "*")</script>
        <script src="${new URL(address, location)}"></script>`
      document.body.append(this.#frame)
    }

    postMessage(data) {
      if (this.#waiting) this.#waiting.push(data)
      else this.#send(data)
    }

    terminate() {
      this.#frame.remove()
    }

    // A frame's own postMessage is that of its script, so the event is made here.
    #send(data) {
      this.#frame.contentWindow.dispatchEvent(new MessageEvent("message", { data }))
    }
  }
}
