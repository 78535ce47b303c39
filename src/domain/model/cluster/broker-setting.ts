import type { Setting, SettingType } from '../config/setting.ts';

/** A broker setting; a dynamic one can be altered while the broker runs (KIP-226), the others only by a restart. */
export interface BrokerSetting extends Setting {
  readonly dynamic: boolean;
}

/** Defines a setting; it is not dynamic unless it says so. */
export function setting<const T extends SettingType, const R extends Partial<BrokerSetting>>(
  type: T,
  initial: string | number | boolean,
  given: { documentation: string } & R,
) {
  return { type, initial: String(initial), dynamic: false, ...given };
}
