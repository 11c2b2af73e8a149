//! What a phone sees and feels beside the keyboard: its camera, its place, a finger on the glass.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::browser::{Device, quoted};

/// A photo as a phone's camera writes it: larger than the app keeps, held upright, with the place and the owner in it.
/// The browser draws the picture; what a camera adds is put in here.
pub(crate) async fn camera_photo(device: &Device, folder: &Path) -> PathBuf {
    let drawn = device
        .web
        .execute_async(
            "const done = arguments[0];
             const canvas = document.createElement('canvas');
             canvas.width = 2400; canvas.height = 1800;
             const paper = canvas.getContext('2d');
             for (let n = 0; n < 4000; n++) {
                 paper.fillStyle = `hsl(${n * 37 % 360} 70% ${30 + n % 50}%)`;
                 paper.fillRect(n * 7919 % 2400, n * 104729 % 1800, 20 + n % 90, 20 + n % 70);
             }
             canvas.toBlob(blob => blob.arrayBuffer().then(buffer => {
                 let text = '';
                 for (const byte of new Uint8Array(buffer)) text += String.fromCharCode(byte);
                 done(text);
             }), 'image/jpeg', 0.95);",
            vec![],
        )
        .await
        .unwrap();
    let drawn: Vec<u8> = drawn
        .json()
        .as_str()
        .unwrap()
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).unwrap())
        .collect();
    assert!(
        drawn.len() > 300_000,
        "larger than the app keeps: {}",
        drawn.len()
    );
    // Exif: one entry, orientation 6 (turn right to see it upright), then what nobody must see.
    let mut exif =
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend(b"GPS RAHASIA");
    let mut photo = drawn[..2].to_vec();
    photo.extend([0xff, 0xe1]);
    photo.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    photo.extend(exif);
    photo.extend(&drawn[2..]);
    let file = folder.join("kamera.jpg");
    std::fs::write(&file, photo).unwrap();
    file
}

impl Device {
    async fn tells_the_browser(&self, what: &str, how: Value) {
        self.web.cdp().send_raw(what, how).await.unwrap();
    }

    /// From now on the phone is there, as exactly as that.
    pub(crate) async fn is_at(&self, latitude: f64, longitude: f64, accuracy: f64) {
        self.tells_the_browser(
            "Browser.grantPermissions",
            json!({"permissions": ["geolocation"]}),
        )
        .await;
        self.tells_the_browser(
            "Emulation.setGeolocationOverride",
            json!({"latitude": latitude, "longitude": longitude, "accuracy": accuracy}),
        )
        .await;
    }

    /// From now on the processor is so many times slower.
    pub(crate) async fn is_slow(&self, times: u32) {
        self.tells_the_browser("Emulation.setCPUThrottlingRate", json!({"rate": times}))
            .await;
    }

    /// From now on remembers every file that the page shows; see [`Device::shown_files`].
    pub(crate) async fn remembers_files(&self) {
        self.script(
            "if (window.files) return;
             window.files = [];
             const make = URL.createObjectURL;
             URL.createObjectURL = blob => { const url = make.call(URL, blob); window.files.push([url, blob]); return url; };",
            vec![],
        )
        .await;
    }

    /// The bytes of a picture that stands on the screen.
    pub(crate) async fn bytes_of_picture(&self, alt: &str) -> Vec<u8> {
        let url = self.picture(alt).await.attr("src").await.unwrap().unwrap();
        let bytes = self
            .web
            .execute_async(
                "const done = arguments[1];
                 const [, blob] = window.files.find(([url]) => url === arguments[0]);
                 blob.arrayBuffer().then(buffer => done([...new Uint8Array(buffer)]));",
                vec![json!(url)],
            )
            .await
            .unwrap();
        serde_json::from_value(bytes.json().clone()).unwrap()
    }

    /// The picture of a question, once it is there to be seen.
    pub(crate) async fn picture(&self, alt: &str) -> WebElement {
        let alt = quoted(alt);
        let picture = self.element(&format!("//img[@alt={alt}]")).await;
        self.until(
            "the picture is drawn",
            &format!("return document.evaluate(\"//img[@alt={alt}]\", document, null, 9).singleNodeValue?.naturalWidth > 0"),
        )
        .await;
        picture
    }

    /// Gives a file to the field with that id. Once it is kept, the screen shows it.
    pub(crate) async fn gives_file(&self, field: &str, file: &Path) {
        let field = self.web.find(By::Id(field)).await.unwrap();
        field.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// Writes a line on the pad of a question.
    pub(crate) async fn writes_on(&self, pad: &str) {
        let pad = self
            .element(&format!("//canvas[@id={}]", quoted(pad)))
            .await;
        self.script(
            "arguments[0].scrollIntoView({block: 'center'})",
            vec![pad.to_json().unwrap()],
        )
        .await;
        self.web
            .action_chain()
            .move_to_element_center(&pad)
            .move_by_offset(-100, -20)
            .click_and_hold()
            .move_by_offset(60, 50)
            .move_by_offset(60, -60)
            .move_by_offset(70, 40)
            .release()
            .perform()
            .await
            .unwrap();
    }
}
