import { describeClient } from './support/describe-client.ts';
import { groupSuite, type JoinGroup } from './support/group-suite.ts';
import { kcatAbsence } from './support/kcat.ts';
import { memberProcess } from './support/member-process.ts';

const CONFIG = [
  ...['broker.address.family=v4', 'auto.offset.reset=earliest', 'heartbeat.interval.ms=100'],
  ...['auto.commit.interval.ms=100', 'session.timeout.ms=6000', 'fetch.wait.max.ms=100'],
].flatMap(one => ['-X', one]);

/** Told to end, kcat does not print the record that it has just taken. */
const joinGroup: JoinGroup = async (bootstrap, groupId, topic) => {
  const args = ['-b', bootstrap, '-q', '-u', ...CONFIG, '-f', '%s\\n', '-G', groupId, topic];
  return { ...memberProcess('kcat', args, 'signal'), dropsOnLeave: true };
};

describeClient('groups of kcat', kcatAbsence(), storage => groupSuite(storage, joinGroup));
