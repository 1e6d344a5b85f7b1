package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"millrace"
	"millrace/internal/access"

	"github.com/boombuler/barcode/qr"
	"github.com/danielgtaylor/huma/v2"
)

// challengeBody is half of a sign-in.
type challengeBody struct {
	Challenge string        `json:"challenge" doc:"Send it with a code to /api/v1/session/code"`
	ExpiresAt millrace.Time `json:"expires_at"`
}

// signInRoute describes both answers of signing in, which one type can't.
func (a *API) signInRoute() func(huma.API, huma.Operation) {
	return func(api huma.API, op huma.Operation) {
		schema := func(t reflect.Type) map[string]*huma.MediaType {
			return map[string]*huma.MediaType{"application/json": {Schema: api.OpenAPI().Components.Schemas.Schema(t, true, op.OperationID)}}
		}
		op.Responses = map[string]*huma.Response{"201": {Description: http.StatusText(http.StatusCreated), Content: schema(reflect.TypeFor[sessionBody]())}}
		typedRoute(a, a.signIn)(api, op)
		api.OpenAPI().Paths[op.Path].Post.Responses["202"] = &huma.Response{Description: "The password is right, and a code of the second factor is asked for", Content: schema(reflect.TypeFor[challengeBody]())}
	}
}

type codeInput struct {
	Body struct {
		Challenge string `json:"challenge" maxLength:"200" doc:"From signing in with the password"`
		Code      string `json:"code" maxLength:"100" doc:"Six digits of the authenticator app, or a recovery code"`
	}
}

func (a *API) signInWithCode(ctx context.Context, in *codeInput) (*signedIn, error) {
	o, err := a.people.SignInWithCode(ctx, in.Body.Challenge, in.Body.Code, requesterOf(ctx).client)
	return a.opened(ctx, o, err)
}

func (a *API) secondFactor(ctx context.Context, _ *struct{}) (*reply[access.SecondFactor], error) {
	f, err := a.people.SecondFactor(ctx, requesterOf(ctx).user)
	return &reply[access.SecondFactor]{f}, err
}

type beginFactorInput struct {
	Body struct {
		Password string `json:"password" maxLength:"2000" doc:"One's own"`
	}
}

// factorBody is what goes into an authenticator app.
type factorBody struct {
	Secret string `json:"secret" doc:"base32, to be typed into an authenticator app: shown this once"`
	URL    string `json:"url" doc:"otpauth://, which the QR code holds"`
	QR     qrCode `json:"qr"`
}

// qrCode is a picture that needs no image: its dark modules as the path of an SVG.
type qrCode struct {
	Size int    `json:"size" doc:"Modules in width and height, without the four that are to be left free around"`
	Path string `json:"path" doc:"The dark modules, as the d of an SVG path"`
}

func (a *API) beginSecondFactor(ctx context.Context, in *beginFactorInput) (*reply[factorBody], error) {
	f, err := a.people.BeginSecondFactor(ctx, requesterOf(ctx).user, in.Body.Password)
	if err != nil {
		return nil, err
	}
	picture, err := qrOf(f.URL)
	return &reply[factorBody]{factorBody{f.Secret, f.URL, picture}}, err
}

// qrOf draws a text, one run of dark modules after the other.
func qrOf(text string) (c qrCode, err error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return c, &millrace.Error{Code: millrace.Internal, Op: "api.qrOf", Err: err}
	}
	c.Size = code.Bounds().Dx()
	dark := func(x, y int) bool {
		if x == c.Size {
			return false
		}
		r, _, _, _ := code.At(x, y).RGBA()
		return r == 0
	}
	var path strings.Builder
	for y := range c.Size {
		for x, from := 0, -1; x <= c.Size; x++ {
			switch {
			case dark(x, y) && from < 0:
				from = x
			case !dark(x, y) && from >= 0:
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
				from = -1
			}
		}
	}
	c.Path = path.String()
	return c, nil
}

type confirmFactorInput struct {
	Body struct {
		Code string `json:"code" maxLength:"100" doc:"Six digits of the authenticator app"`
	}
}

type recoveryBody struct {
	Codes []string `json:"codes" nullable:"false" doc:"Each signs in once in place of a code: shown this once"`
}

func (a *API) confirmSecondFactor(ctx context.Context, in *confirmFactorInput) (*reply[recoveryBody], error) {
	codes, err := a.people.ConfirmSecondFactor(ctx, requesterOf(ctx).user, in.Body.Code)
	return &reply[recoveryBody]{recoveryBody{codes}}, err
}

type bothFactorsInput struct {
	Body struct {
		Password string `json:"password" maxLength:"2000" doc:"One's own"`
		Code     string `json:"code" maxLength:"100" doc:"Six digits of the authenticator app, or a recovery code"`
	}
}

func (a *API) renewRecoveryCodes(ctx context.Context, in *bothFactorsInput) (*reply[recoveryBody], error) {
	codes, err := a.people.NewRecoveryCodes(ctx, requesterOf(ctx).user, in.Body.Password, in.Body.Code)
	return &reply[recoveryBody]{recoveryBody{codes}}, err
}

func (a *API) turnSecondFactorOff(ctx context.Context, in *bothFactorsInput) (*struct{}, error) {
	return nil, a.people.TurnSecondFactorOff(ctx, requesterOf(ctx).user, in.Body.Password, in.Body.Code)
}

func (a *API) resetSecondFactor(ctx context.Context, in *idInput) (*reply[access.User], error) {
	u, had, err := a.people.ResetSecondFactor(ctx, in.ID)
	if err == nil && had {
		a.courier.TellLater(ctx, access.NoticeReset, access.ActorOf(ctx), u)
	}
	return &reply[access.User]{u}, err
}

func (a *API) factorDemand(ctx context.Context, _ *struct{}) (*reply[access.Demand], error) {
	d, err := a.people.SecondFactorDemand(ctx)
	return &reply[access.Demand]{d}, err
}

type demandInput struct {
	Body struct {
		Demanded bool `json:"demanded" doc:"Of everybody, from now on: who has none is led to setting one up"`
	}
}

func (a *API) demandFactor(ctx context.Context, in *demandInput) (*reply[access.Demand], error) {
	d, told, err := a.people.DemandSecondFactor(ctx, in.Body.Demanded)
	if err == nil {
		a.courier.TellLater(ctx, access.NoticeDemand, access.ActorOf(ctx), told...)
	}
	return &reply[access.Demand]{d}, err
}
