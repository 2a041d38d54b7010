// The end of a sign-in in a window of its own: the page that opened it hears of it, and the window closes.

new BroadcastChannel("easel:session").postMessage({ type: "in" })
if (window.opener || window.name === "easel-sign-in") window.close()
