// A WebSocket that parses nothing: what no client can fall below.

export class Bare {
  static connect(url) {
    return new Promise((resolve, reject) => {
      const bare = new Bare();
      const socket = bare.socket = new WebSocket(url);
      socket.binaryType = "arraybuffer";
      socket.onerror = () => reject(new Error("no connection"));
      // The first message is INFO; PONG is 6 bytes long.
      socket.onmessage = () => {
        socket.onmessage = () => resolve(bare);
        bare.say('CONNECT {"verbose":false,"protocol":1,"headers":true}\r\nPING\r\n');
      };
    });
  }

  say(text) {
    this.socket.send(new TextEncoder().encode(text));
  }

  subscribe(subject) {
    return new Promise((resolve) => {
      this.socket.onmessage = () => resolve({ receive: (count, size) => this.count(subject, count, size) });
      this.say(`SUB ${subject} 1\r\nPING\r\n`);
    });
  }

  count(subject, count, size) {
    const wanted = count * `MSG ${subject} 1 ${size}\r\n${"x".repeat(size)}\r\n`.length;
    return new Promise((resolve) => {
      let bytes = 0, begin;
      this.socket.onmessage = (event) => {
        begin ??= performance.now();
        bytes += event.data.byteLength;
        if (bytes >= wanted) resolve([count * size, performance.now() - begin]);
      };
    });
  }

  async close() {
    this.socket.onmessage = null;
    this.socket.close();
  }
}
