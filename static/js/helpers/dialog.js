// Questions that a person answers in a <dialog>, and the sheet that a panel is on a narrow screen.

/** Open a dialog; resolves to the value of the button that closed it, "" where it was closed without an answer. */
export function answerOf(dialog) {
  dialog.returnValue = ""
  dialog.showModal()
  return new Promise(resolve => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }))
}

/** Show the panel an element stands in; beside the page it is always seen, as a sheet over it only when it is open. */
export function openSheet(element) {
  const panel = element.closest("[popover]")
  if (panel && getComputedStyle(panel).position === "fixed" && !panel.matches(":popover-open")) panel.showPopover()
}
