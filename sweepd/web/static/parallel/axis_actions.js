/** What may be done to an axis, by pointer, keyboard or menu alike. */

export function invert(model, id) {
  const { inverted } = model.view;
  model.change({
    inverted: inverted.includes(id) ? inverted.filter((other) => other !== id) : [...inverted, id],
  });
}

export function move(model, id, step) {
  const axes = [...model.axes];
  const from = axes.indexOf(id);
  const to = Math.min(axes.length - 1, Math.max(0, from + step));
  if (from < 0 || to === from) return;
  axes.splice(to, 0, ...axes.splice(from, 1));
  model.change({ axes });
}

/** Take an axis off the plot; its brush goes with it, for nobody could see why runs are gone. */
export function hide(model, id) {
  const brushes = { ...model.view.brushes };
  delete brushes[id];
  model.change({ axes: model.axes.filter((other) => other !== id), brushes });
}

/** Put an axis on the plot, before the metric when that stands last. */
export function show(model, id) {
  if (model.axes.includes(id)) return;
  const axes = [...model.axes];
  const at = axes.at(-1) === "metric" && id !== "metric" ? axes.length - 1 : axes.length;
  axes.splice(at, 0, id);
  model.change({ axes });
}
