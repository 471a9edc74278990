// Files as somebody chose or dropped them, each as `{name, file}`; a folder's files keep it in their names.

/** What systems leave in folders; `vision/sources/listing.py` passes over it as well. */
const LEFT_BY_SYSTEMS = ["__macosx", "thumbs.db", "desktop.ini"];
const meant = ({ name }) => name.split("/").every((part) => !part.startsWith(".") && !LEFT_BY_SYSTEMS.includes(part.toLowerCase()));

/** The files of a file input, of its own kind or with `webkitdirectory`. */
export const fromInput = (input) => named(input.files).filter(meant);

const named = (files) => [...files].map((file) => ({ name: file.webkitRelativePath || file.name, file }));

/** What was dropped, folders with all that is in them. */
export async function fromDrop(transfer) {
  // Both lists are empty as soon as something has been awaited.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const plain = named(transfer.files);
  if (!entries.length) return plain.filter(meant);
  const found = [];
  for (const entry of entries) await walk(entry, "", found);
  return found.filter(meant);
}

async function walk(entry, above, found) {
  const name = above ? `${above}/${entry.name}` : entry.name;
  if (entry.isFile) {
    found.push({ name, file: await new Promise((done, failed) => { entry.file(done, failed); }) });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((done, failed) => { reader.readEntries(done, failed); });
    if (!some.length) return; // it gives a hundred at a time
    for (const one of some) await walk(one, name, found);
  }
}
