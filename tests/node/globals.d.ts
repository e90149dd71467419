// What the SDKs' and front ends' scripts for browsers make.
declare var Twilio: {
  Flex: any;
  FlexWebChat: any;
  Chat: typeof import("twilio-chat");
  Conversations: typeof import("@twilio/conversations");
};

// The class of a plugin for the Flex desktop.
declare var flexPlugin: any;

// The SDK's classes extend Node's.
declare module "events" {
  class EventEmitter {
    removeAllListeners(): this;
  }
}
