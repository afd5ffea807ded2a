/** What runs in the reader's tab on each page: the switch, the copy button, tables that scroll by keyboard. */

const KEY = "pbx-auth-face"

const show = (face: string) => {
  document.documentElement.dataset.face = face
  for (const button of document.querySelectorAll<HTMLElement>("[data-choose]")) {
    button.ariaPressed = String(button.dataset.choose === face)
  }
}

show(document.documentElement.dataset.face ?? "effect")

document.addEventListener("click", async ({ target }) => {
  const button = target instanceof Element ? target.closest<HTMLElement>("[data-choose],[data-copy]") : null
  const { choose, copy } = button?.dataset ?? {}
  if (button && choose) {
    // What the reader looks at stays where it is, whatever above it grows or shrinks.
    const before = button.getBoundingClientRect().top
    show(choose)
    scrollBy({ top: button.getBoundingClientRect().top - before, behavior: "instant" })
    try {
      localStorage.setItem(KEY, choose)
    } catch {}
  }
  if (button && copy) {
    const words = button.textContent
    try {
      const response = await fetch(copy)
      if (!response.ok) throw response
      await navigator.clipboard.writeText(await response.text())
      button.textContent = "Copied"
    } catch {
      button.textContent = "Not copied"
    }
    setTimeout(() => {
      button.textContent = words
    }, 2_000)
  }
})

// Another tab.
addEventListener("storage", ({ key, newValue }) => {
  if (key === KEY && newValue) show(newValue)
})

// The sidebar is long: the page's own entry is in sight, with a few around it. Not by `scrollIntoView`, because in Chromium the first
// Tab would then go on from there, past the link to the text.
const sidebar = document.querySelector("#starlight__sidebar")
const own = sidebar?.querySelector('[aria-current="page"]')
if (sidebar && own) {
  const [entry, pane] = [own.getBoundingClientRect(), sidebar.getBoundingClientRect()]
  const around = 96
  if (entry.bottom + around > pane.bottom) sidebar.scrollTop += entry.bottom + around - pane.bottom
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0")
    else target.removeAttribute("tabindex")
  }
})
for (const wide of document.querySelectorAll(".sl-markdown-content table,.pbx-diagram")) sizes.observe(wide)
