"""The forms that the clients ask for, as an application in Python writes them."""

from pydantic import BaseModel


class GetWeather(BaseModel):
    """What the tool is called with."""

    city: str


class Weather(BaseModel):
    """An answer in a form that was asked for."""

    city: str
    degrees: float
