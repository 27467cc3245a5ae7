/** What a media object holds: single things, each drawn by itself. */

const LISTS = { "audio": "audio", "videos": "videos", "html": "html", "object3D": "objects" };
const MEMBERS = { "object3D": "object3D-file", "molecule": "molecule-file", "audio": "audio-file",
  "videos": "video-file", "html": "html-file" };

/** [{_type, path, caption, …}]: one for a single object, as many as a list has. */
export function itemsOf(media) {
  const captions = Array.isArray(media.captions) ? media.captions : [];
  const named = (item, k) => ({ ...item, caption: item.caption ?? captions[k] });
  if (media._type === "images/separated") {
    return (media.filenames ?? []).map((path, k) => named({ _type: "image-file", path, width: media.width,
      height: media.height, boxes: media.all_boxes?.[k], masks: media.all_masks?.[k] }, k));
  }
  const members = media[LISTS[media._type]];
  if (Array.isArray(members)) return members.map(named);
  const type = MEMBERS[media._type];
  if (type) return (media.filenames ?? []).map((path, k) => named({ _type: type, path }, k));
  return [media];
}

export const isImage = (item) => item._type === "image-file"
  || (item._type === "video-file" && /\.gif$/i.test(item.path ?? ""));
