//! tower's services and combinators around the client and around a stack by hand, in spawned
//! blocks and in handlers of axum.

use std::{future, time::Duration};

use axum::{Router, extract::State, routing::get};
use futures_util::{StreamExt, stream::FuturesUnordered};
use slack_audit_logs::{
    ActionsRequest, AuditLogs, AuditLogsClient, AuditLogsResponse, ClientService, Error, Failure,
    HttpService, LogsRequest, SchemasRequest, http,
    tower::{
        BoxError, Service, ServiceBuilder, ServiceExt,
        balance::p2c::Balance,
        buffer::Buffer,
        discover::ServiceList,
        hedge::{self, Hedge},
        limit::{ConcurrencyLimit, RateLimit, rate::Rate},
        load::Constant,
        load_shed::LoadShed,
        retry::{Policy, Retry},
        service_fn,
        steer::Steer,
        timeout::Timeout,
        util::{BoxCloneSyncService, MapRequest},
    },
};

use crate::stack::{PAGE, Page, by_hand, client};

const SECOND: Duration = Duration::from_secs(1);

/// A policy of the user's own, for typed requests.
#[derive(Clone)]
struct Never;

impl<Request: Clone, Response> Policy<Request, Response, Error> for Never {
    type Future = future::Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request,
        _: &mut Result<Response, Error>,
    ) -> Option<future::Ready<()>> {
        None
    }

    fn clone_request(&mut self, request: &Request) -> Option<Request> {
        Some(request.clone())
    }
}

impl<Request: Clone> hedge::Policy<Request> for Never {
    fn clone_request(&self, request: &Request) -> Option<Request> {
        Some(request.clone())
    }

    fn can_retry(&self, _: &Request) -> bool {
        true
    }
}

/// Calls it in a spawned block, where the compiler must see that everything is `Send`.
macro_rules! spawned {
    ($service:expr) => {{
        let service = $service;
        let page: Page = tokio::spawn(async move { service.oneshot(LogsRequest::new()).await })
            .await
            .expect("no panic")
            .expect("a page");
        assert_eq!(page.raw_body(), PAGE);
    }};
}

/// Each of tower's services around a service that serves `/logs`, alone or among others.
macro_rules! around {
    ($logs:expr) => {{
        let logs = $logs;
        spawned!(logs.clone());
        spawned!(Buffer::new(logs.clone(), 4));
        spawned!(ConcurrencyLimit::new(logs.clone(), 4));
        spawned!(LoadShed::new(logs.clone()));
        spawned!(RateLimit::new(logs.clone(), Rate::new(9, SECOND)));
        spawned!(Timeout::new(logs.clone(), SECOND));
        spawned!(Retry::new(Never, logs.clone()));
        spawned!(Hedge::new::<LogsRequest>(
            logs.clone(),
            Never,
            9,
            0.9,
            SECOND
        ));
        spawned!(Steer::new(vec![logs.clone()], |_: &LogsRequest, _: &[_]| 0));
        spawned!(MapRequest::new(logs.clone(), |request: LogsRequest| {
            request.limit(9)
        }));
        let constant = Constant::new(logs.clone(), 1);
        spawned!(Balance::new(ServiceList::new::<LogsRequest>(vec![
            constant
        ])));
        spawned!(BoxCloneSyncService::new(logs.clone()));
        spawned!(
            ServiceBuilder::new()
                .buffer::<LogsRequest>(4)
                .concurrency_limit(4)
                .rate_limit(9, SECOND)
                .load_shed()
                .timeout(SECOND)
                .retry(tower_policy())
                .buffer(4)
                .service(logs)
        );
    }};
}

/// `tower::retry` over boxed errors, as they are below `Buffer` and `Timeout`.
fn tower_policy() -> impl Policy<LogsRequest, Page, BoxError, Future: Send> + Clone {
    #[derive(Clone)]
    struct OnTimeout;
    impl Policy<LogsRequest, Page, BoxError> for OnTimeout {
        type Future = future::Ready<()>;

        fn retry(
            &mut self,
            _: &mut LogsRequest,
            result: &mut Result<Page, BoxError>,
        ) -> Option<future::Ready<()>> {
            let error = result.as_ref().err()?.downcast_ref::<Error>()?;
            error.is_timeout().then(|| future::ready(()))
        }

        fn clone_request(&mut self, request: &LogsRequest) -> Option<LogsRequest> {
            Some(request.clone())
        }
    }
    OnTimeout
}

/// Combinators on a service of one endpoint: nothing names it any more.
macro_rules! combined {
    ($logs:expr) => {{
        let mut logs = $logs;
        let page = logs.ready().await.expect("ready").call(LogsRequest::new());
        assert_eq!(page.await.expect("a page").raw_body(), PAGE);
        future::poll_fn(|cx| logs.poll_ready(cx))
            .await
            .expect("ready");
        spawned!(logs.clone().map_err(|error| BoxError::from(error)));
        spawned!(logs.clone().map_response(|page| page));
        spawned!(logs.clone().map_result(|result| result));
        spawned!(logs.clone().map_future(|page| async {
            let page = page.await?;
            page.typed_body().map(|_| page)
        }));
        spawned!(
            logs.clone()
                .map_request(|request: LogsRequest| request.limit(9))
        );
        let typed = logs.clone().and_then(async |page: Page| page.typed_body());
        let typed = tokio::spawn(typed.oneshot(LogsRequest::new())).await;
        let typed = typed.expect("no panic").expect("a page");
        assert_eq!(typed.entries.len(), 1);
        spawned!(
            logs.clone()
                .then(|result: Result<_, Error>| future::ready(result))
        );
        spawned!(logs.clone().boxed_clone());
        spawned!(logs.clone().boxed());
        spawned!(Hedge::new(logs.clone(), Never, 9, 0.9, SECOND));
        let requests = futures_util::stream::iter([LogsRequest::new(), LogsRequest::new()]);
        let pages: Vec<_> = logs.call_all(requests).collect().await;
        assert!(pages.len() == 2 && pages.iter().all(Result::is_ok));
    }};
}

#[tokio::test]
async fn around_the_client() {
    around!(client());
    around!(client().endpoint::<LogsRequest>());
    combined!(client().endpoint::<LogsRequest>());
}

#[tokio::test]
async fn around_a_stack_by_hand() {
    around!(by_hand());
    around!(by_hand().endpoint::<LogsRequest>());
    combined!(by_hand().endpoint::<LogsRequest>());
}

/// A stack whose type names boxed errors and futures: the crate's erased service takes it.
#[tokio::test]
async fn around_an_erased_stack() {
    let http = by_hand()
        .into_inner()
        .map_err(|error| Failure::from(error.into()));
    let audit_logs: AuditLogs<ClientService> = AuditLogs::new(BoxCloneSyncService::new(http));
    around!(audit_logs.clone());
    combined!(audit_logs.endpoint::<LogsRequest>());
}

#[tokio::test]
async fn one_service_of_every_endpoint() {
    let mut client = client();
    let ready = ServiceExt::<LogsRequest>::ready(&mut client).await;
    let page = ready.expect("ready").call(LogsRequest::new()).await;
    assert_eq!(page.expect("a page").status(), 200);
    // In one task.
    let all = tokio::spawn(async move {
        let audit_logs = client.into_service();
        let page = audit_logs.clone().oneshot(LogsRequest::new()).await;
        let schemas = audit_logs.clone().oneshot(SchemasRequest::new()).await;
        let actions = audit_logs.oneshot(ActionsRequest::new()).await;
        (page.is_ok(), schemas.is_ok(), actions.is_ok())
    });
    assert_eq!(all.await.expect("no panic"), (true, true, true));
}

/// Generic code over any stack, whose calls are spawned and run side by side.
#[tokio::test]
async fn generic_code_that_spawns() {
    async fn count<S>(audit_logs: AuditLogs<S>) -> usize
    where
        S: HttpService<Future: Send> + Clone + Send + 'static,
    {
        let mut calls: FuturesUnordered<_> = (0..3)
            .map(|_| tokio::spawn(audit_logs.logs(LogsRequest::new())))
            .collect();
        let mut entries = 0;
        while let Some(page) = calls.next().await {
            let page = page.expect("no panic").expect("a page");
            entries += page.typed_body().expect("readable").entries.len();
        }
        entries
    }
    assert_eq!(count(by_hand()).await, 3);
    assert_eq!(count(client().into_service()).await, 3);
}

type BufferedLogs = Buffer<LogsRequest, <AuditLogsClient as Service<LogsRequest>>::Future>;

#[tokio::test]
async fn in_handlers_of_axum() {
    async fn of_client(State(client): State<AuditLogsClient>) -> Result<String, String> {
        let page = client.oneshot(LogsRequest::new()).await;
        Ok(page
            .map_err(|error| error.to_string())?
            .status()
            .to_string())
    }
    async fn of_buffer(State(logs): State<BufferedLogs>) -> Result<String, String> {
        let page = logs.oneshot(LogsRequest::new()).await;
        Ok(page
            .map_err(|error| error.to_string())?
            .status()
            .to_string())
    }
    let buffer: BufferedLogs = Buffer::new(client(), 4);
    let app = Router::new()
        .route("/client", get(of_client).with_state(client()))
        .route("/buffer", get(of_buffer).with_state(buffer))
        // Whatever may stand there: the handler is a closure with the service in it.
        .route(
            "/closure",
            get({
                let logs = ConcurrencyLimit::new(by_hand(), 4);
                async move || {
                    let page = logs.clone().oneshot(LogsRequest::new()).await;
                    page.map_err(|error| error.to_string())
                        .map(|page| page.status().to_string())
                }
            }),
        );
    for path in ["/client", "/buffer", "/closure"] {
        let request = http::Request::get(path).body(axum::body::Body::empty());
        let response = app.clone().oneshot(request.expect("valid")).await;
        assert_eq!(response.expect("infallible").status(), 200, "{path}");
    }
}

/// The other way round: a service of the user's own in the client's place.
#[tokio::test]
async fn a_service_fn_in_the_clients_place() {
    let logs = service_fn(|request: LogsRequest| async move {
        let entries = (0..request.get_limit().unwrap_or(1)).map(|id| serde_json::json!({"id": id}));
        AuditLogsResponse::from_entries(entries, None)
    });
    let page = logs.oneshot(LogsRequest::new().limit(3)).await;
    let page = page.and_then(|page| page.typed_body()).expect("a page");
    assert_eq!(page.entries.len(), 3);
}
