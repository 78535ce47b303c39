import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crc32c } from '../../../src/adapters/runtime/crc32c.ts';
import { NodeFileSystem } from '../../../src/adapters/storage/segment-files/node-file-system.ts';
import { SegmentFilesLogStorage } from '../../../src/adapters/storage/segment-files/segment-files-log-storage.ts';
import { logStorageContract } from '../../contracts/log-storage.contract.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { SegmentFilesHarness } from '../../support/segment-files-harness.ts';

logStorageContract('segment files', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hexlog-segments-'));
  const open = () =>
    SegmentFilesLogStorage.open({
      directory,
      fileSystem: new NodeFileSystem(),
      checksum: new Crc32c(),
      clock: { now: () => 1_000_000 },
      logger: new RecordingLogger(),
    });
  let storage = await open();
  const first = storage;
  return {
    storage: first,
    reopen: async () => {
      await storage.close();
      return (storage = await open());
    },
    dispose: async () => {
      await storage.close();
      rmSync(directory, { recursive: true });
    },
  };
});

logStorageContract(
  'segment files, every read cold, every write in the background, few files',
  async () => {
    const harness = new SegmentFilesHarness();
    harness.fileSystem.beforeWrite = () => (harness.now += 1);
    const options = { hotTailBytes: 0, slowWriteMs: 0, maxOpenFiles: 2 };
    let storage = await harness.open(options);
    return {
      storage,
      reopen: async () => {
        await storage.close();
        return (storage = await harness.open(options));
      },
      dispose: () => storage.close(),
    };
  },
);
