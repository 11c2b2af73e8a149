//! Forms over HTTP and on the command line: checked, published, fetched as workbooks, and used by the phones.

use std::{path::Path, process::Output};

use anjangsana::{
    domain::Role,
    form::Sheets,
    server::{forms, workbook},
    sync::forms::{FORMS_PATH, FormReport, FormVersion},
};
use tokio::process::Command;

use crate::server_office::{Office, Phone, TOBOALI};

fn sheets(version: &str, question: &str) -> Sheets {
    let survey =
        format!("type,name,label,required\ntext,nama,Nama,yes\ninteger,{question},Berapa?,\n");
    let settings = format!("form_id,form_title,version\nuji,Uji coba,{version}\n");
    Sheets::from_named([
        ("survey", survey.as_str()),
        ("settings", &settings),
        ("Catatan", "a,b\n1,2\n"),
    ])
    .unwrap()
}

fn book(version: &str, question: &str) -> Vec<u8> {
    workbook::write(&sheets(version, question)).unwrap()
}

async fn send(admin: &Phone, office: &Office, query: &str, bytes: Vec<u8>) -> (u16, FormReport) {
    let url = office.url(&format!("{FORMS_PATH}{query}"));
    let request = admin.client.post(url).bearer_auth(&admin.token).body(bytes);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_workbook_is_looked_at_published_listed_and_fetched_again() {
    let office = Office::open().await;
    let admin = office.hire("admin", Role::Admin, &[]);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let before = officer.sync(&[]).await.cursor;

    let (status, dry) = send(&admin, &office, "?dry=1", book("2", "jumlah")).await;
    assert_eq!((status, dry.published, dry.questions), (200, false, 2));
    let changes = dry.changes.unwrap();
    assert_eq!(changes.against, "1");
    assert_eq!(changes.added, ["jumlah"]);
    assert_eq!(changes.removed, ["catatan", "lain"]);
    assert_eq!(changes.changed, [""; 0]);
    assert_eq!(
        officer.sync(&[]).await.cursor,
        before,
        "nothing was published"
    );

    let (status, done) = send(&admin, &office, "", book("2", "jumlah")).await;
    assert_eq!(
        (status, done.published, done.version.as_str()),
        (200, true, "2")
    );
    let sent = officer.sync(&[]).await;
    assert!(sent.cursor > before, "phones get it");

    let versions: Vec<FormVersion> = admin.get(FORMS_PATH).await.json().await.unwrap();
    let listed: Vec<_> = versions
        .iter()
        .map(|one| (one.version.as_str(), one.title.as_str()))
        .collect();
    assert_eq!(listed, [("2", "Uji coba"), ("1", "Uji")]);

    let fetched = admin.get(&format!("{FORMS_PATH}/uji/2.xlsx")).await;
    assert_eq!(fetched.status(), 200);
    let fetched = workbook::read(&fetched.bytes().await.unwrap())
        .unwrap()
        .sheets;
    assert_eq!(fetched.survey.rows.len(), 2);
    assert_eq!(fetched.others[0].name, "Catatan");
    assert_eq!(
        admin
            .get(&format!("{FORMS_PATH}/uji/9.xlsx"))
            .await
            .status(),
        404
    );
    assert_eq!(
        admin.get(&format!("{FORMS_PATH}/uji/2")).await.status(),
        404
    );
}

#[tokio::test]
async fn a_version_is_never_overwritten_and_never_falls_behind() {
    let office = Office::open().await;
    let admin = office.hire("admin", Role::Admin, &[]);
    let (status, report) = send(&admin, &office, "", book("1", "jumlah")).await;
    assert_eq!(status, 422);
    let error = &report.errors[0];
    assert_eq!(
        (error.place.as_str(), error.text.as_str()),
        ("settings!C2", "1")
    );
    assert_eq!(
        error.what.en,
        "version `1` of `uji` is published already, with other contents"
    );
    assert_eq!(
        error.mend.as_ref().unwrap().id,
        "naikkan `version` menjadi `2`"
    );
    assert_eq!(send(&admin, &office, "", book("3", "jumlah")).await.0, 200);
    assert_eq!(
        send(&admin, &office, "", book("3", "jumlah")).await.0,
        200,
        "the same again changes nothing"
    );
    let (status, report) = send(&admin, &office, "", book("2", "jumlah")).await;
    assert_eq!(status, 422);
    assert!(
        report.errors[0].what.id.contains("lebih rendah"),
        "{:?}",
        report.errors[0]
    );
    let versions: Vec<FormVersion> = admin.get(FORMS_PATH).await.json().await.unwrap();
    assert_eq!(versions.len(), 2);
}

#[tokio::test]
async fn mistakes_come_with_their_cells_in_both_languages() {
    let office = Office::open().await;
    let admin = office.hire("admin", Role::Admin, &[]);
    let broken = Sheets::from_csv(
        "type,name,label,relevant\ntext,nama,Nama,${nma} = 1\ntxt,b,B,\n",
        "",
        "form_id,version\nuji,2\n",
    );
    let (status, report) = send(
        &admin,
        &office,
        "",
        workbook::write(&broken.unwrap()).unwrap(),
    )
    .await;
    assert_eq!(
        (status, report.published, report.errors.len()),
        (422, false, 2)
    );
    let first = &report.errors[0];
    assert_eq!(
        (first.place.as_str(), first.text.as_str()),
        ("survey!D2", "${nma} = 1")
    );
    assert_eq!(first.what.id, "`${nma}` bukan pertanyaan");
    assert_eq!(
        first.mend.as_ref().unwrap().id,
        "mungkin maksudnya `${nama}`?"
    );
    let (status, report) = send(&admin, &office, "?dry=1", b"no workbook".to_vec()).await;
    assert_eq!((status, report.errors[0].place.as_str()), (422, ""));
    let unnamed = Sheets::from_csv("type,name,label\ntext,a,A\n", "", "").unwrap();
    let (status, report) = send(&admin, &office, "", workbook::write(&unnamed).unwrap()).await;
    assert_eq!((status, report.errors.len()), (422, 2));
    let large = admin
        .client
        .post(office.url(FORMS_PATH))
        .bearer_auth(&admin.token);
    assert_eq!(
        large
            .body(vec![0; 5_000_000])
            .send()
            .await
            .unwrap()
            .status(),
        413
    );
}

#[tokio::test]
async fn only_the_administrator_has_the_forms() {
    let office = Office::open().await;
    for role in [Role::Officer, Role::Supervisor, Role::Head] {
        let other = office.hire(role.name(), role, &[TOBOALI]);
        assert_eq!(other.get(FORMS_PATH).await.status(), 403);
        assert_eq!(
            other
                .get(&format!("{FORMS_PATH}/uji/1.xlsx"))
                .await
                .status(),
            403
        );
        assert_eq!(other.post(FORMS_PATH, &1).await.status(), 403);
    }
}

#[test]
fn the_next_version_comes_after_in_the_alphabet() {
    for (version, next) in [
        ("2024110701", "2024110702"),
        ("1", "2"),
        ("9", "9.1"),
        ("v1.09", "v1.10"),
        ("musim hujan", "musim hujan.1"),
        ("99999999999999999999", "99999999999999999999.1"),
    ] {
        assert_eq!(forms::next_version(version), next);
        assert!(forms::next_version(version).as_str() > version);
    }
}

async fn tool(arguments: &[&str], input: &str) -> Output {
    use tokio::io::AsyncWriteExt;
    let mut child = Command::new(env!("CARGO_BIN_EXE_anjangsana-server"))
        .args(arguments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    child.wait_with_output().await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn put(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

const BROKEN: &str = "survey\n,type,name,label,relevant\n,text,a,A,${b} = 1\n,txt,c,C,\n";

#[tokio::test]
async fn a_form_is_checked_with_all_its_mistakes_and_a_bad_end() {
    let folder = tempfile::tempdir().unwrap();
    let broken = put(folder.path(), "broken.csv", BROKEN);
    let english = tool(&["form", "check", &broken], "").await;
    assert_eq!(english.status.code(), Some(1));
    assert_eq!(
        text(&english.stderr),
        "error: survey!D2 (relevant): `${b}` is not a question; did you mean `${a}`?\n    ${b} = 1\n\
         error: survey!A3 (type): `txt` is not a type of question; did you mean `text`?\n\
         anjangsana-server: 2 mistakes in the form\n"
    );
    let indonesian = tool(&["form", "check", &broken, "--lang", "id"], "").await;
    assert!(
        text(&indonesian.stderr)
            .contains("kesalahan: survey!D2 (relevant): `${b}` bukan pertanyaan")
    );
    let built_in = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/forms/kunjungan");
    let good = tool(&["form", "check", built_in], "").await;
    assert!(good.status.success(), "{}", text(&good.stderr));
    assert!(
        text(&good.stdout).starts_with("kunjungan 20"),
        "{}",
        text(&good.stdout)
    );
    assert!(
        !tool(&["form", "check", "/nowhere.xlsx"], "")
            .await
            .status
            .success()
    );
}

#[tokio::test]
async fn a_form_is_published_once_exported_and_raised() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let out = folder.path().join("out.xlsx").display().to_string();
    let form = |version: &str, label: &str| {
        format!(
            "survey\n,type,name,label\n,text,a,{label}\nsettings\n,form_id,version\n,uji,{version}\n"
        )
    };
    let one = put(folder.path(), "one.csv", &form("1", "A"));
    let other = put(folder.path(), "other.csv", &form("1", "B"));
    let first = tool(&["form", "publish", "--data", &data, &one], "").await;
    assert!(
        first.status.success() && text(&first.stdout).contains("uji 1 is published"),
        "{}",
        text(&first.stderr)
    );
    let again = tool(&["form", "publish", "--data", &data, &one], "").await;
    assert!(again.status.success() && text(&again.stdout).contains("already"));
    let changed = tool(&["form", "publish", "--data", &data, &other], "").await;
    assert!(!changed.status.success());
    assert!(
        text(&changed.stderr).contains("settings!B2 (version): version `1` of `uji` is published already, with other contents; raise `version` to `2`"),
        "{}",
        text(&changed.stderr)
    );
    let exported = tool(&["form", "export", "--data", &data, "uji", "-o", &out], "").await;
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    assert!(tool(&["form", "check", &out], "").await.status.success());
    let none = tool(
        &[
            "form",
            "export",
            "--data",
            &data,
            "uji",
            "--version",
            "7",
            "-o",
            &out,
        ],
        "",
    )
    .await;
    assert!(text(&none.stderr).contains("uji 7 is not published here"));
    assert!(text(&tool(&["form", "list", "--data", &data], "").await.stdout).contains("uji"));
}

const FAMILY: &str = "survey
,type,name,label,required,relevant,constraint,calculation,weight,points
,text,name,Name?,yes,,,,,
,begin_repeat,child,Child,,,,,,
,text,child_name,Name of the child?,,,,,,
,integer,age,Age?,,,. < 30,,,
,end_repeat,,,,,,,,
,calculate,children,,,,,count(${child}),,
,select_multiple w,work,Work?,,${children} > 1,,,10,count-selected(.) div 2
choices
,list_name,name,label
,w,fish,Fish
,w,boat,Boats
settings
,form_id,version
,family,1
";

#[tokio::test]
async fn a_form_is_tried_with_a_file_of_answers() {
    let folder = tempfile::tempdir().unwrap();
    let form = put(folder.path(), "family.csv", FAMILY);
    let answers = r#"{"work": ["fish"], "child": [{"child_name": "Ani", "age": 4}, {"age": 40}], "nobody": 1}"#;
    let answers = put(folder.path(), "answers.json", answers);
    let tried = tool(&["form", "try", &form, "--answers", &answers], "").await;
    assert!(tried.status.success(), "{}", text(&tried.stderr));
    assert!(
        text(&tried.stderr).contains("there is no question `nobody`"),
        "{}",
        text(&tried.stderr)
    );
    let result: serde_json::Value = serde_json::from_slice(&tried.stdout).unwrap();
    assert_eq!(result["submission"]["child/01/child_name"], "Ani");
    assert_eq!(result["submission"]["work"], "fish");
    assert_eq!(result["calculated"]["children"], "2");
    assert_eq!(result["scores"]["work"]["points"], 0.5);
    let paths: Vec<&str> = result["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["name", "child/02/age"]);
    let bad = put(folder.path(), "bad.json", "[]");
    assert!(
        !tool(&["form", "try", &form, "--answers", &bad], "")
            .await
            .status
            .success()
    );
}

#[tokio::test]
async fn a_form_is_tried_question_by_question() {
    let folder = tempfile::tempdir().unwrap();
    let form = put(folder.path(), "family.csv", FAMILY);
    let typed = "Hasan\ny\nAni\n40\n4\ny\nBudi\n6\nn\nfish boat\n";
    let tried = tool(&["form", "try", &form], typed).await;
    let asked = text(&tried.stderr);
    assert!(asked.contains("Name? *  [name]"), "{asked}");
    assert!(asked.contains("Child (1): one more? (y/n)"), "{asked}");
    assert!(asked.contains("This answer is not allowed."), "{asked}");
    let result: serde_json::Value = serde_json::from_slice(&tried.stdout).unwrap();
    assert_eq!(result["submission"]["child/02/child_name"], "Budi");
    assert_eq!(result["submission"]["child/01/age"], "4");
    assert_eq!(result["submission"]["work"], "fish boat");
    assert_eq!(result["problems"].as_array().unwrap().len(), 0, "{asked}");
}
