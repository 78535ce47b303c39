import { closeSync, openSync, writeSync } from 'node:fs';
import { Socket, createServer } from 'node:net';
import { join } from 'node:path';
import { startBroker } from '../dist/main/index.js';
import { StallWatch } from './stall-watch.mjs';

/**
 * The process that is measured: a broker, or the raw sink that it is compared with. Tells its address when it is ready, and its
 * CPU time, or for how long its event loop stood still while it was watched, whenever it is asked. Plain JavaScript over the built package: a loader in between would be measured along.
 */
const order = JSON.parse(process.argv[2]);
const report = message => void process.send(message);
const watch = new StallWatch();

if (order.kind === 'sink') await startSink();
else {
  const { storage, dataDir, settings, httpPort = null } = order;
  const broker = await startBroker({ storage, dataDir, settings, httpPort, logLevel: 'warn' });
  report({ ready: broker.port, http: broker.http });
}

process.on('message', message => {
  if (message === 'usage') {
    const { user, system } = process.cpuUsage();
    report({ cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage.rss() });
  } else if (message === 'watch') {
    watch.begin();
    report({ watching: true });
  } else if (message === 'stall') {
    report({ longestStallMs: watch.end() });
  } else process.exit(0);
});

/** The fastest that Node can do: one reused receive buffer, one synchronous write per chunk, and nothing else. */
async function startSink() {
  const shared = Buffer.allocUnsafeSlow(256 * 1024);
  const server = createServer({ pauseOnConnect: true }, accepted => {
    const handle = accepted._handle;
    accepted._handle = null;
    const fd = openSync(join(order.dataDir, 'sink'), 'w');
    let expected = -1;
    let received = 0;
    const callback = (bytes, buffer) => {
      // The first 8 bytes say how many follow; when all are written, one byte goes back.
      const from = expected < 0 ? 8 : 0;
      if (expected < 0) expected = Number(buffer.readBigUInt64BE(0));
      writeSync(fd, buffer, from, bytes - from);
      received += bytes - from;
      if (received === expected) socket.end('!');
      return true;
    };
    const socket = new Socket({ handle, onread: { buffer: shared, callback } });
    socket.on('close', () => closeSync(fd));
    socket.resume();
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  report({ ready: server.address().port });
}
