import type { CompileRegex, GroupTopics } from './consumer/environment.ts';
import type { GroupSettings } from './group-settings.ts';
import type { EmbeddedProtocol } from './migration/embedded-protocol.ts';

/** What a coordinator knows of the world beside its groups; all of it is read at each use. */
export interface GroupSurroundings {
  readonly settings: GroupSettings;
  readonly topics: GroupTopics;
  readonly compileRegex: CompileRegex;
  readonly embedded: EmbeddedProtocol;
}
