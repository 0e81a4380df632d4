/** The command's journal: where it is, which commands keep one, and the offer of what earlier ones left. */
import { join } from 'node:path';
import { createJournal, type Journal, type ListedEntry, missingPictures } from '../client/journal.js';
import { dataDir, given } from './env.js';

export interface JournalChoice {
  apiUrl?: string | undefined;
  save: boolean;
}

export function openJournal(): Journal {
  return createJournal(given(process.env.SAFELIGHT_JOURNAL_DIR) ?? join(dataDir(), 'journal'));
}

/**
 * A server of the command's own ends with the command, and its jobs with it: whoever loses one starts the command again.
 * What is not to be saved cannot be missed.
 */
export function journalFor({ apiUrl, save }: JournalChoice): Journal | undefined {
  return apiUrl !== undefined && save ? openJournal() : undefined;
}

/** By a client that is gone, and not yet whole on the disk. */
export function wasLeft(entry: ListedEntry): boolean {
  return !entry.isOwned && missingPictures(entry) > 0;
}

/** What earlier clients left on this server: taken over, to be watched to its end. */
export async function claimLeft(journal: Journal | undefined, url: string): Promise<ListedEntry[]> {
  if (journal === undefined) return [];
  const entries = (await journal.list().catch(() => [])).filter((entry) => entry.url === url && wasLeft(entry));
  const isMine = await Promise.all(entries.map((entry) => journal.claim(entry).catch(() => false)));
  return entries.filter((_, i) => isMine[i]);
}

/** One line about the pictures that earlier jobs left unsaved. A journal that cannot be read is no reason to stop anybody. */
export async function toOffer(
  journal: Journal | undefined,
  { quiet, json }: { quiet?: boolean; json?: boolean },
): Promise<string | undefined> {
  if (quiet === true || json === true) return undefined;
  const entries = (await journal?.list().catch(() => [])) ?? [];
  const count = entries.filter(wasLeft).reduce((sum, entry) => sum + missingPictures(entry), 0);
  if (count === 0) return undefined;
  // The command first: a narrow UI cuts the rest.
  return `\`safelight resume\` gets ${count} unsaved ${count === 1 ? 'picture' : 'pictures'} of earlier jobs`;
}
