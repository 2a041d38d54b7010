// Brings a tab of the studio to the front when a notification is pressed. It keeps nothing and answers no requests.

self.addEventListener("install", () => self.skipWaiting())

self.addEventListener("notificationclick", event => {
  event.notification.close()
  event.waitUntil(focusStudio())
})

async function focusStudio() {
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true })
  return tabs.length ? tabs[0].focus() : self.clients.openWindow("/")
}
