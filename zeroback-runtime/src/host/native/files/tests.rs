use futures_util::stream;

use super::*;
use crate::web::ReadBody as _;

pub(super) fn body(pieces: Vec<Result<Vec<u8>>>) -> Body {
    Body::stream(stream::iter(pieces))
}

pub(super) async fn check(files: Files) {
    let key = || "a-1".to_owned();
    for length in [0, 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 7] {
        let bytes: Vec<u8> = (0..length).map(|at| (at / 999) as u8).collect();
        let pieces = bytes.chunks(100_000).map(|piece| Ok(piece.to_vec()));
        let stored = files.clone().put(key(), body(pieces.collect())).await;
        stored.expect("there is room");
        let length = length as u64;
        if length == 0 {
            continue;
        }
        let got = files.clone().get(key(), length / 3..length).await;
        let got = got.expect("it is there").with_bytes_max(usize::MAX);
        let got = got.bytes().await.expect("it is whole");
        assert!(got == bytes[length as usize / 3..], "{length} bytes");
    }
    files.clone().delete(key()).await.expect("it is there");
    files.clone().delete(key()).await.expect("it is gone");
    assert!(files.clone().get(key(), 0..1).await.is_err());
    let large = vec![Ok(vec![7; PART_BYTES + 1]), Err(Error::invalid("gone"))];
    assert!(files.clone().put(key(), body(large)).await.is_err());
    assert!(files.get(key(), 0..1).await.is_err(), "nothing is left");
}

#[tokio::test]
async fn a_file_is_there_whole_or_not_at_all() {
    check(Files::in_memory()).await;
    let folder = std::env::temp_dir().join(format!("zeroback-files-{}", std::process::id()));
    check(Files::in_folder(&folder).expect("it is made")).await;
    let left = std::fs::read_dir(&folder).expect("it is there").count();
    assert_eq!(left, 0);
    std::fs::remove_dir_all(folder).expect("it is there");
}

#[tokio::test]
async fn what_a_kill_has_left_of_an_upload_goes() {
    let name = format!("zeroback-files-begun-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    let files = Files::in_folder(&folder).expect("it is made");
    let stored = files.put("a-1".to_owned(), Body::from("whole")).await;
    stored.expect("there is room");
    // A server that is killed runs no destructor either.
    let store = LocalFileSystem::new_with_prefix(&folder).expect("it is there");
    let upload = store.put_multipart(&Key::from("b-1")).await;
    std::mem::forget(upload.expect("it begins"));
    let left = || read_dir(&folder).expect("it is there").count();
    assert_eq!(left(), 2);
    let files = Files::in_folder(&folder).expect("it is there");
    assert_eq!(left(), 1);
    assert!(files.get("a-1".to_owned(), 0..5).await.is_ok());
    std::fs::remove_dir_all(folder).expect("it is there");
}
