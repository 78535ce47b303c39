import type { GroupTopic, GroupTopics } from '../../src/domain/model/group/consumer/environment.ts';

/** Topics that come, grow and go as a test says; the id of one is its name and a number, another one each time it is made. */
export class WorldTopics implements GroupTopics {
  version = 0;
  readonly #byName = new Map<string, GroupTopic>();

  /** Creates a topic, or gives it more partitions. */
  put(name: string, partitionCount: number): GroupTopic {
    this.version += 1;
    const id = this.topicNamed(name)?.id ?? `${name}#${this.version}`;
    const topic = { id, name, partitionCount, internal: name.startsWith('__') };
    this.#byName.set(name, topic);
    return topic;
  }

  drop(name: string): void {
    this.version += 1;
    this.#byName.delete(name);
  }

  topicNamed(name: string): GroupTopic | undefined {
    return this.#byName.get(name);
  }
  topicWithId(id: string): GroupTopic | undefined {
    return this.topics().find(topic => topic.id === id);
  }
  topics(): GroupTopic[] {
    return [...this.#byName.values()];
  }
}
