// The look-up fields of the admin have no name of their own: each takes the words of its label. jQuery's own "ready"
// keeps the order of those who wait for it, so the fields have been made by then; "load" may come before them.
{
  const name = () => {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
      const field = select.parentElement.querySelector(".select2-selection");
      const label = select.labels[0];
      if (!field || !label) continue;
      label.id ||= `${select.id}_label`;
      field.querySelector("[role=textbox]")?.setAttribute("aria-labelledby", label.id);
      field.setAttribute("aria-labelledby", `${label.id} ${field.getAttribute("aria-labelledby") ?? ""}`.trim());
    }
  };
  globalThis.django?.jQuery?.(name);
}
