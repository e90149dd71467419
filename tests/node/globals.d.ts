// What the SDK's script for browsers makes.
declare var Twilio: { Chat: typeof import("twilio-chat") };

// The SDK's classes extend Node's.
declare module "events" {
  class EventEmitter {
    removeAllListeners(): this;
  }
}
