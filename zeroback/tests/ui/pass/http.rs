//! Routes in the forms that authors write.
#![deny(warnings)]

mod hooks {
    use zeroback::prelude::*;

    /// What another service tells.
    #[derive(Debug, Value)]
    pub struct Event {
        pub text: String,
    }

    #[derive(Debug, Value)]
    pub struct Params {
        pub source: String,
    }

    #[derive(Debug, Value)]
    pub enum Refused {
        NotNow,
        #[value(system)]
        System(Error),
    }

    #[http(POST, "/hooks/{source}")]
    pub async fn hook(ctx: &ActionCtx, request: Request) -> Result<Response> {
        let Params { source } = request.path_params()?;
        let event: Event = request.json().await?;
        let _ = (ctx.now(), source, event);
        Response::from_status(204)
    }

    #[http(GET, "/hooks/{*rest}")]
    pub(crate) async fn own_error(
        _ctx: &ActionCtx,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, Refused> {
        if request.uri().query().is_none() {
            return Err(Refused::NotNow);
        }
        Ok(Response::from_json(&[1])?)
    }

    #[cfg(any())]
    #[http(GET, "/nowhere")]
    pub async fn absent(_: &NoSuchType, _: Request) -> Result<Response> {}


    #[http(PUT, "/type/{type}",)]
    async fn r#type(request: &ActionCtx, ctx: Request) -> zeroback::Result<zeroback::web::Response> {
        let text = ctx.with_bytes_max(10).text().await?;
        let _ = request.env(&text);
        Ok(Response::new(Body::empty()))
    }

    #[action]
    pub async fn import(ctx: &ActionCtx, url: String) -> Result<u32> {
        let titles: Vec<String> = ctx.fetch(http::Request::get(url).body(Body::empty())?).await?.json().await?;
        Ok(titles.len() as u32)
    }
}

zeroback::app!();

fn main() {
    let app = app();
    app.check().unwrap();
}
