import { expect, test } from 'vitest';
import { MeasureGroups, type MeasuredGroup } from '../../src/domain/use-cases/measure-groups.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import { GroupCore } from '../support/group-core.ts';

async function measured({ groups }: GroupCore): Promise<MeasuredGroup[]> {
  const all: MeasuredGroup[] = [];
  for await (const group of new MeasureGroups(groups).execute()) all.push(group);
  return all;
}

async function committed(): Promise<GroupCore> {
  const broker = await GroupCore.start();
  await broker.core.topic('orders');
  await broker.commit(7);
  return broker;
}

test('a group is told with what it has committed', async () => {
  const [group] = await measured(await committed());
  expect(group).toMatchObject({ groupId: 'g', members: 0 });
  expect(group!.offsets).toMatchObject([{ topic: 'orders', partition: 0, offset: 7 }]);
});

test('nothing is told while the store cannot say which groups there may be', async () => {
  const broker = await committed();
  broker.core.storage.list = () => Promise.reject(new StorageError('failed', 'it cannot be read'));
  expect(await measured(broker)).toEqual([]);
});

test('what is no failure of the store is a mistake', async () => {
  const broker = await committed();
  broker.core.storage.list = () => Promise.reject(new TypeError('not a function'));
  await expect(measured(broker)).rejects.toThrow('not a function');
});
