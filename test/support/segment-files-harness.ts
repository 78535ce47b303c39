import {
  SegmentFilesLogStorage,
  type SegmentFilesOptions,
} from '../../src/adapters/storage/segment-files/segment-files-log-storage.ts';
import { Crc32c } from '../../src/adapters/runtime/crc32c.ts';
import { FaultyFileSystem } from './faulty-file-system.ts';
import { RecordingLogger } from './recording-logger.ts';

/** Segment files on a file system that can fail, with a clock that stands still until it is moved. */
export class SegmentFilesHarness {
  readonly fileSystem = new FaultyFileSystem();
  readonly logger = new RecordingLogger();
  readonly directory = '/data';
  now = 1_000_000;
  #start = 0;

  /** Opens the store as a new process would: a lock that a crash has left behind is stale. */
  open(options: Partial<SegmentFilesOptions> = {}): Promise<SegmentFilesLogStorage> {
    const start = String(++this.#start);
    return SegmentFilesLogStorage.open({
      directory: this.directory,
      fileSystem: this.fileSystem.forProcess(),
      checksum: new Crc32c(),
      clock: { now: () => this.now },
      logger: this.logger,
      process: { pid: 1, startOf: () => start },
      boot: String(this.fileSystem.boots),
      ...options,
    });
  }
}
