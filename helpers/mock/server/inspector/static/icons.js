// The data of the icons' paths; a view's has the view's name.

export const ICONS = {
  overview: "M4 4h7v9H4zm9 0h7v5h-7zM4 15h7v5H4zm9-4h7v9h-7z",
  channels: "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z",
  tasks: "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm5.6 13.2 7-7-1.6-1.6-5.4 5.4-2.6-2.6L6.4 12z",
  executions: "M6 2a3 3 0 0 1 1 5.800V10h7a3 3 0 0 1 3 3v3.200a3 3 0 1 1-2 0V13a1 1 0 0 0-1-1H7v4.200a3 3 0 1 1-2 0V7.800A3 3 0 0 1 6 2z",
  requests: "M7 4 2 9l5 5v-3.500h8v-3H7zm10 6v3.500H9v3h8V20l5-5z",
  webhooks: "M13 2 4 14h6l-1 8 9-12h-6z",
  copy: "M8 2h10a2 2 0 0 1 2 2v12h-2V4H8zM5 6h9a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2z",
  close: "m12 10.6 5-5L18.4 7l-5 5 5 5-1.4 1.4-5-5-5 5L5.6 17l5-5-5-5L7 5.600z",
  clock: "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zm-1 4v6.500l5 3 1-1.7-4-2.300V6z",
  file: "M6 2h8l5 5v13a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2zm7 1.500V8h4.500z",
};
