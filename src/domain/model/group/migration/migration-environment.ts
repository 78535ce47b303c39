import type { GroupEnvironment } from '../consumer/environment.ts';
import type { GroupSettings } from '../group-settings.ts';
import type { EmbeddedProtocol } from './embedded-protocol.ts';

/** What a group that changes its protocol, or whose members speak both, depends on beside itself. */
export interface MigrationEnvironment extends GroupEnvironment {
  readonly embedded: EmbeddedProtocol;
  readonly broker: Pick<GroupSettings, 'migrationPolicy' | 'maxSize' | 'maxEventBytes'>;
}
