//! A WebSocket that ends when it is dropped.

use js_sys::{ArrayBuffer, Function, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::exception;
use crate::client::Driver;

pub(super) struct Socket {
    socket: WebSocket,
    _on_open: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    pub(super) fn open(url: &str, driver: &Driver) -> Result<Self, String> {
        let socket = WebSocket::new(url).map_err(|error| exception::message(&error))?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let on_open = Closure::new({
            let driver = driver.clone();
            move || driver.opened()
        });
        let on_message = Closure::new({
            let driver = driver.clone();
            move |event: MessageEvent| match event.data().dyn_into::<ArrayBuffer>() {
                Ok(buffer) => {
                    let bytes = Uint8Array::new(&buffer);
                    driver.received(bytes.length() as usize, |space| bytes.copy_to(space));
                }
                Err(_) => driver.received_text(),
            }
        });
        // There is an error event, too. It says nothing, and is followed by a close event.
        let on_close = Closure::new({
            let driver = driver.clone();
            move |event: CloseEvent| driver.closed(event.code(), &event.reason())
        });
        socket.set_onopen(Some(function(&on_open)));
        socket.set_onmessage(Some(function(&on_message)));
        socket.set_onclose(Some(function(&on_close)));
        Ok(Self {
            socket,
            _on_open: on_open,
            _on_message: on_message,
            _on_close: on_close,
        })
    }

    pub(super) fn send(&self, bytes: &[u8]) {
        // It throws only before the socket is open, when there is nothing to send. A closed one drops what it is given,
        // and its close event follows.
        let sent = self.socket.send_with_u8_array(bytes);
        debug_assert!(sent.is_ok(), "sent before the socket was open");
    }

    /// The bytes that were sent and have not left.
    pub(super) fn unsent(&self) -> usize {
        match self.socket.ready_state() {
            // The number of a closed socket never falls any more.
            WebSocket::CLOSING | WebSocket::CLOSED => 0,
            _ => self.socket.buffered_amount() as usize,
        }
    }
}

/// Closes the socket, after what was sent before, and hears no more of it.
impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // Without a code it cannot fail.
        let closed = self.socket.close();
        debug_assert!(closed.is_ok(), "close() without a code");
    }
}

fn function<T: ?Sized>(closure: &Closure<T>) -> &Function {
    closure.as_ref().unchecked_ref()
}
