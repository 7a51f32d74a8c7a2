//! As much of WebSockets as a driver needs, at as little cost as there is: what the driver spends,
//! the server under measurement cannot have on a machine with few cores.
//!
//! Frames are masked with zeros, which is valid and leaves the text as it is.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

const TEXT: u8 = 1;
const CLOSE: u8 = 8;

/// Over this a server that does not answer is taken for dead.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A socket whose owner waits for it.
pub(crate) struct Socket {
    stream: TcpStream,
    frames: Frames,
}

/// The frames in what has been received.
#[derive(Default)]
pub(crate) struct Frames {
    received: Vec<u8>,
    taken: usize,
}

impl Socket {
    /// Connects and shakes hands.
    pub(crate) fn open(address: SocketAddr, path: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address).context("cannot connect")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.write_all(handshake(address, path).as_bytes())?;
        let mut frames = Frames::default();
        while !frames.take_handshake()? {
            receive(&mut stream, &mut frames)?;
        }
        Ok(Self { stream, frames })
    }

    /// Sends frames that were made before.
    pub(crate) fn send(&mut self, frames: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(frames)?)
    }

    /// Waits for the next text.
    pub(crate) fn next(&mut self) -> Result<String> {
        loop {
            if let Some(text) = self.frames.next_text()? {
                return Ok(text.to_owned());
            }
            receive(&mut self.stream, &mut self.frames)?;
        }
    }
}

impl Frames {
    /// Returns where to put what is received next.
    pub(crate) fn room(&mut self) -> &mut Vec<u8> {
        if self.taken == self.received.len() {
            self.received.clear();
            self.taken = 0;
        }
        &mut self.received
    }

    /// Takes the server's part of the handshake; returns whether it was there.
    pub(crate) fn take_handshake(&mut self) -> Result<bool> {
        let Some(end) = self.received.windows(4).position(|at| at == b"\r\n\r\n") else {
            return Ok(false);
        };
        let status = self.received.starts_with(b"HTTP/1.1 101");
        ensure!(status, "{}", String::from_utf8_lossy(&self.received));
        self.taken = end + 4;
        Ok(true)
    }

    /// Returns the next text, if all of it is there.
    pub(crate) fn next_text(&mut self) -> Result<Option<&str>> {
        loop {
            let Some((opcode, at, end)) = frame_at(&self.received[self.taken..]) else {
                return Ok(None);
            };
            let payload = self.taken + at..self.taken + end;
            self.taken = payload.end;
            match opcode {
                TEXT => return Ok(Some(std::str::from_utf8(&self.received[payload])?)),
                CLOSE => bail!(
                    "the server closed the socket: {}",
                    String::from_utf8_lossy(&self.received[payload])
                ),
                _ => {}
            }
        }
    }
}

/// Makes a text frame, as a client sends it.
pub(crate) fn frame(text: &str) -> Vec<u8> {
    let length = text.len();
    let mut frame = vec![0x80 | TEXT];
    match length {
        0..126 => frame.push(0x80 | length as u8),
        126..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

/// The request that opens a WebSocket.
pub(crate) fn handshake(address: SocketAddr, path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

/// Returns the opcode of the frame that begins here, and where its payload begins and ends.
fn frame_at(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (opcode, length) = (bytes.first()? & 0x0f, *bytes.get(1)?);
    let (at, length) = match length {
        126 => (
            4,
            usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)),
        ),
        127 => (
            10,
            u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?) as usize,
        ),
        short => (2, usize::from(short)),
    };
    let end = at + length;
    (bytes.len() >= end).then_some((opcode, at, end))
}

fn receive(stream: &mut TcpStream, frames: &mut Frames) -> Result<()> {
    let mut chunk = [0; 16 << 10];
    let bytes = stream.read(&mut chunk).context("the server is silent")?;
    ensure!(bytes > 0, "the server closed the connection");
    frames.room().extend(&chunk[..bytes]);
    Ok(())
}
