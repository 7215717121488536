//! URLs of archives: `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`.

use std::{sync::Arc, time::Duration};

#[cfg(feature = "archive-s3")]
use object_store::aws::AmazonS3Builder;
#[cfg(feature = "archive-azure")]
use object_store::azure::MicrosoftAzureBuilder;
use object_store::{BackoffConfig, ObjectStore, ObjectStoreScheme, RetryConfig, path::Path};
#[cfg(feature = "archive-gcs")]
use object_store::{
    ClientConfigKey,
    gcp::{GoogleCloudStorageBuilder, GoogleConfigKey},
};
use url::Url;

use super::connector::Connector;
use crate::{error::InvalidConfig, transport::HttpTransport};

/// The store and the prefix that a URL names. Credentials and settings come from the environment,
/// by the names that the clouds' own tools use.
pub(super) fn parse(
    url: &str,
    transport: HttpTransport,
) -> Result<(Arc<dyn ObjectStore>, Path), InvalidConfig> {
    let invalid = |problem: &str| {
        InvalidConfig::new(format!(
            "archive URL: {problem}; write it like s3://bucket/prefix, gs://bucket/prefix or \
             az://container/prefix"
        ))
    };
    let parsed: Url = url.parse().map_err(|_| invalid("it is not a URL"))?;
    if parsed.password().is_some() {
        return Err(invalid(
            "it has a password; credentials belong into the environment",
        ));
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(invalid("it has a query or a fragment"));
    }
    let (scheme, prefix) = ObjectStoreScheme::parse(&parsed)
        .map_err(|_| invalid("it names no store that is known here"))?;
    let connector = Connector::new(transport)?;
    let failed = |error: object_store::Error| {
        InvalidConfig::new(format!(
            "archive: the store's settings in the environment do not do{}",
            problem(&error)
        ))
    };
    let store: Arc<dyn ObjectStore> = match scheme {
        #[cfg(feature = "archive-s3")]
        ObjectStoreScheme::AmazonS3 => Arc::new(
            AmazonS3Builder::from_env()
                .with_url(url)
                .with_retry(retry())
                .with_http_connector(connector)
                .build()
                .map_err(failed)?,
        ),
        #[cfg(feature = "archive-gcs")]
        ObjectStoreScheme::GoogleCloudStorage => Arc::new(
            google(std::env::var("GOOGLE_ALLOW_HTTP").ok())
                .with_url(url)
                .with_retry(retry())
                .with_http_connector(connector)
                .build()
                .map_err(failed)?,
        ),
        #[cfg(feature = "archive-azure")]
        ObjectStoreScheme::MicrosoftAzure => Arc::new(
            MicrosoftAzureBuilder::from_env()
                .with_url(url)
                .with_retry(retry())
                .with_http_connector(connector)
                .build()
                .map_err(failed)?,
        ),
        #[cfg(not(feature = "archive-s3"))]
        ObjectStoreScheme::AmazonS3 => return Err(invalid(NOT_BUILT_IN)),
        #[cfg(not(feature = "archive-gcs"))]
        ObjectStoreScheme::GoogleCloudStorage => return Err(invalid(NOT_BUILT_IN)),
        #[cfg(not(feature = "archive-azure"))]
        ObjectStoreScheme::MicrosoftAzure => return Err(invalid(NOT_BUILT_IN)),
        _ => return Err(invalid("it names no store that is known here")),
    };
    Ok((store, prefix))
}

#[cfg(not(all(
    feature = "archive-s3",
    feature = "archive-gcs",
    feature = "archive-azure"
)))]
const NOT_BUILT_IN: &str = "this program was built without support for it";

/// What a builder calls the problem: the name of its error only, as what follows may hold secrets.
fn problem(error: &object_store::Error) -> String {
    let source = std::error::Error::source(error);
    let text = source
        .map(|source| format!("{source:?}"))
        .unwrap_or_default();
    let name = text.split(|c: char| !c.is_ascii_alphanumeric()).next();
    match name.unwrap_or_default() {
        "" => String::new(),
        name => format!(" ({name})"),
    }
}

/// Google's builder allows plain HTTP unless it is told otherwise; the others do not.
#[cfg(feature = "archive-gcs")]
fn google(allow_http: Option<String>) -> GoogleCloudStorageBuilder {
    GoogleCloudStorageBuilder::from_env().with_config(
        GoogleConfigKey::Client(ClientConfigKey::AllowHttp),
        allow_http.unwrap_or_else(|| "false".to_owned()),
    )
}

/// A few quick attempts: what lasts longer is an outage, which the collector waits out and reports.
fn retry() -> RetryConfig {
    RetryConfig {
        max_retries: 3,
        retry_timeout: Duration::from_secs(60),
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(5),
            base: 2.0,
        },
    }
}

#[cfg(all(test, feature = "archive-s3"))]
mod tests {
    use super::*;

    fn transport() -> HttpTransport {
        let transport = HttpTransport::builder().plain_http_only();
        transport.build().expect("no roots")
    }

    #[test]
    fn each_scheme_names_its_store() {
        let named = |url| parse(url, transport()).map(|(store, it)| (store.to_string(), it));
        let (store, prefix) = named("s3://bucket/some/prefix").expect("a store");
        assert_eq!(
            (&*store, prefix.as_ref()),
            ("AmazonS3(bucket)", "some/prefix")
        );
        #[cfg(feature = "archive-gcs")]
        {
            let (store, _) = named("gs://bucket/prefix").expect("a store");
            assert_eq!(store, "GoogleCloudStorage(bucket)");
        }
        // The account comes from the environment, or is named as missing.
        #[cfg(feature = "archive-azure")]
        match named("az://container/prefix") {
            Ok((store, _)) => assert!(store.starts_with("MicrosoftAzure("), "{store}"),
            Err(error) => assert!(error.to_string().ends_with(" (MissingAccount)"), "{error}"),
        }
    }

    #[cfg(feature = "archive-gcs")]
    #[test]
    fn google_speaks_no_plain_http_unless_it_is_told_to() {
        let key = GoogleConfigKey::Client(ClientConfigKey::AllowHttp);
        for (told, value) in [(None, "false"), (Some("true".to_owned()), "true")] {
            assert_eq!(google(told).get_config_value(&key).as_deref(), Some(value));
        }
    }

    #[test]
    fn what_names_no_store_says_so_and_shows_nothing() {
        for url in [
            "",
            "bucket/prefix",
            "ftp://bucket/CANARY",
            "https://example.com/CANARY",
            "s3://key:CANARY@bucket/prefix",
            "s3://bucket/prefix?CANARY",
            "s3://bucket/prefix#CANARY",
            "s3:///CANARY",
        ] {
            let Err(error) = parse(url, transport()) else {
                panic!("{url} is no archive");
            };
            let text = format!("{error} {error:?}");
            assert!(text.contains("s3://bucket/prefix"), "{text}");
            assert!(!text.contains("CANARY"), "{text}");
        }
    }
}
